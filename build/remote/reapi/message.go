package reapi

import (
	"encoding/binary"
	"errors"
)

// The messages that a cache needs, of
// https://github.com/bazelbuild/remote-apis/blob/main/build/bazel/remote/execution/v2/remote_execution.proto
// and google/bytestream/bytestream.proto, in the encoding of protocol buffers.

// A Digest names a content.
type Digest struct {
	Hash string // SHA-256, in hexadecimal
	Size int64
}

func (d Digest) marshal() []byte { return number(text(nil, 1, d.Hash), 2, d.Size) }

func unmarshalDigest(b []byte) (d Digest, err error) {
	err = fields(b, func(field int, n uint64, data []byte) error {
		switch field {
		case 1:
			d.Hash = string(data)
		case 2:
			d.Size = int64(n)
		}
		return nil
	})
	return d, err
}

// An ActionResult says what an action has made: here one file, and text.
type ActionResult struct {
	Output Digest
	// Contents are those of the file, if the server sent them along.
	Contents []byte
	Stdout   []byte
}

// outputPath is what the file is called; it must be called something.
const outputPath = "output"

// Marshal returns the bytes that servers know. They keep the output for as long
// as the result, and check that it is there.
func (r ActionResult) Marshal() []byte {
	file := message(text(nil, 1, outputPath), 2, r.Output.marshal())
	return message(message(nil, 2, file), 5, r.Stdout)
}

// UnmarshalActionResult reads what Marshal has written, or what a server has made
// of it.
func UnmarshalActionResult(b []byte) (r ActionResult, err error) {
	err = fields(b, func(field int, _ uint64, data []byte) (err error) {
		switch field {
		case 2:
			err = r.unmarshalFile(data)
		case 5:
			r.Stdout = data
		}
		return err
	})
	return r, err
}

func (r *ActionResult) unmarshalFile(b []byte) error {
	return fields(b, func(field int, _ uint64, data []byte) (err error) {
		switch field {
		case 2:
			r.Output, err = unmarshalDigest(data)
		case 5:
			r.Contents = data
		}
		return err
	})
}

// capabilities are of ServerCapabilities.
type capabilities struct {
	sha256, zstd, update bool
}

func unmarshalCapabilities(b []byte) (c capabilities, err error) {
	cache := func(b []byte) error {
		return fields(b, func(field int, n uint64, data []byte) error {
			switch field {
			case 1: // digest_functions
				c.sha256 = c.sha256 || has(n, data, 1)
			case 2: // action_cache_update_capabilities
				return fields(data, func(field int, n uint64, _ []byte) error {
					c.update = c.update || field == 1 && n != 0
					return nil
				})
			case 6: // supported_compressors
				c.zstd = c.zstd || has(n, data, 1)
			}
			return nil
		})
	}
	err = fields(b, func(field int, _ uint64, data []byte) error {
		if field == 1 { // cache_capabilities
			return cache(data)
		}
		return nil
	})
	return c, err
}

// has reports whether a repeated number has a value, one by one or packed.
func has(n uint64, packed []byte, want uint64) bool {
	if packed == nil {
		return n == want
	}
	for len(packed) > 0 {
		n, k := binary.Uvarint(packed)
		if k <= 0 {
			return false
		}
		if packed = packed[k:]; n == want {
			return true
		}
	}
	return false
}

const (
	varint  = 0
	fixed64 = 1
	counted = 2
	fixed32 = 5
)

// number appends a field. Zero is what a field has that is not there.
func number(b []byte, field int, n int64) []byte {
	if n == 0 {
		return b
	}
	return binary.AppendUvarint(binary.AppendUvarint(b, uint64(field)<<3|varint), uint64(n))
}

// message appends a field that is a message or bytes, even an empty one.
func message(b []byte, field int, data []byte) []byte {
	b = binary.AppendUvarint(b, uint64(field)<<3|counted)
	return append(binary.AppendUvarint(b, uint64(len(data))), data...)
}

// text appends a field that is a string.
func text(b []byte, field int, s string) []byte {
	if s == "" {
		return b
	}
	return message(b, field, []byte(s))
}

var errMessage = errors.New("the server's answer is no message of the Remote Execution API")

// fields calls a function for each field of a message: with a number, or else with
// data, which is not nil then.
func fields(b []byte, each func(field int, n uint64, data []byte) error) error {
	for len(b) > 0 {
		tag, k := binary.Uvarint(b)
		if k <= 0 || tag>>3 == 0 || tag>>3 > 1<<29 {
			return errMessage
		}
		b = b[k:]
		var n uint64
		var data []byte
		switch tag & 7 {
		case varint:
			if n, k = binary.Uvarint(b); k <= 0 {
				return errMessage
			}
			b = b[k:]
		case counted:
			size, k := binary.Uvarint(b)
			if k <= 0 || size > uint64(len(b)-k) {
				return errMessage
			}
			end := k + int(size)
			data, b = b[k:end:end], b[end:]
		case fixed64, fixed32:
			size := 8
			if tag&7 == fixed32 {
				size = 4
			}
			if len(b) < size {
				return errMessage
			}
			b = b[size:]
			continue
		default:
			return errMessage
		}
		if err := each(int(tag>>3), n, data); err != nil {
			return err
		}
	}
	return nil
}
