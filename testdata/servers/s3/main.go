// Command s3 is the server behind rclone serve s3, with its buckets in memory. It
// takes seconds to build, where versitygw takes a minute and a half.
//
//	S3_ACCESS_KEY=… S3_SECRET_KEY=… s3 ADDRESS BUCKET...
package main

import (
	"context"
	"log"
	"net/http"
	"os"

	"github.com/rclone/gofakes3"
	"github.com/rclone/gofakes3/s3mem"
)

func main() {
	if len(os.Args) < 2 {
		log.Fatal("usage: s3 address [bucket...]")
	}
	backend := s3mem.New()
	for _, bucket := range os.Args[2:] {
		if err := backend.CreateBucket(context.Background(), bucket); err != nil {
			log.Fatal(err)
		}
	}
	keys := map[string]string{os.Getenv("S3_ACCESS_KEY"): os.Getenv("S3_SECRET_KEY")}
	log.Fatal(http.ListenAndServe(os.Args[1], gofakes3.New(backend, gofakes3.WithV4Auth(keys)).Server()))
}
