# docker build -t gust . && docker run --rm -v "$PWD:/src" -w /src gust build ./...
FROM golang:1.26 AS build
WORKDIR /gust
COPY go.mod go.sum ./
RUN go mod download
# With .git, so that go stamps the version.
COPY . .
RUN CGO_ENABLED=0 go build -trimpath -ldflags='-s -w' -o /usr/local/bin/gust ./cmd/gust

FROM golang:1.26
# What is mounted belongs to another user, and git would not look at it.
RUN git config --system --add safe.directory '*'
COPY --from=build /usr/local/bin/gust /usr/local/bin/gust
ENTRYPOINT ["gust"]
