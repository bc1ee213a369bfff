package quick

// Encode and Decode are for the tests of this package.
var Encode = encode

func Decode(text []byte) (id [32]byte, ok bool) {
	ok = decode(&id, text)
	return id, ok
}
