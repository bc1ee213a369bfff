module github.com/gust-go/gust

go 1.24.0
