package modgraph

import (
	"bytes"
	"encoding/json"
	"testing"
)

func FuzzIndented(f *testing.F) {
	for _, text := range []string{`{}`, `[]`, `[[],{}]`, `{"a":[1,2,{"b":"c,[]{}:\\\""}],"d":null,"e":-1.5e9,"":true}`, `"x"`, `[{"a":{}},[],[[]]]`, `{"\\":"\\\\"}`} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var compact, want bytes.Buffer
		if json.Compact(&compact, data) != nil {
			t.Skip("not JSON")
		}
		if err := json.Indent(&want, compact.Bytes(), "", " "); err != nil {
			t.Fatal(err)
		}
		if got := indented(compact.Bytes()); !bytes.Equal(got, want.Bytes()) {
			t.Errorf("%s\nwant\n%s", got, want.Bytes())
		}
	})
}
