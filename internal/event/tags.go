package event

// TagsField reports the tag of one struct field that is to change, or that is
// wrong.
type TagsField struct {
	// File is the source file, relative to the working directory.
	File string `json:"file"`
	// Line is where the field stands, counted from 1.
	Line int `json:"line"`
	// Struct is the type the field belongs to; for a struct within a struct
	// the names of the fields that lead there follow behind dots.
	Struct string `json:"struct"`
	// Field is the name of the field, of its type if it is embedded.
	Field string `json:"field"`
	// Old is the tag as it is, without quotes.
	Old string `json:"old,omitempty"`
	// New is the tag as it should be.
	New string `json:"new,omitempty"`
	// Problem says what is wrong with a tag that gust does not change.
	Problem string `json:"problem,omitempty"`
}

// EventType implements [Event].
func (TagsField) EventType() string { return "tags.field" }

// TagsSummary is the last event of gust tags.
type TagsSummary struct {
	// Files counts the files that were looked at.
	Files int `json:"files"`
	// Generated counts the files left alone because they are generated.
	Generated int `json:"generated"`
	// Changes counts the fields whose tag changes.
	Changes int `json:"changes"`
	// Problems counts the fields whose tag is wrong.
	Problems int `json:"problems"`
	// Written is true if the changes are in the files now.
	Written bool `json:"written"`
}

// EventType implements [Event].
func (TagsSummary) EventType() string { return "tags.summary" }
