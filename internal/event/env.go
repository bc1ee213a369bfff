package event

// EnvVariable reports the value of one variable and where it comes from.
type EnvVariable struct {
	// Name is the variable.
	Name string `json:"name"`
	// Value is what go, or gust for its own variables, uses.
	Value string `json:"value"`
	// Origin is flag, process, .env.go, profile and its name, go env -w, go.env,
	// gust.toml or default.
	Origin string `json:"origin"`
	// Where is the file and line of the origin, if that is a file.
	Where string `json:"where,omitempty"`
	// Overrides are the places whose values are weaker.
	Overrides []string `json:"overrides,omitempty"`
}

// EventType implements [Event].
func (EnvVariable) EventType() string { return "env.variable" }

// EnvProject reports the .env.go that applies.
type EnvProject struct {
	// Path is the file.
	Path string `json:"path"`
	// Trusted is true if its exact content has been approved.
	Trusted bool `json:"trusted"`
	// Profile is the profile that was chosen.
	Profile string `json:"profile,omitempty"`
	// Profiles are those there are.
	Profiles []string `json:"profiles,omitempty"`
	// Aliases are the names of the aliases.
	Aliases []string `json:"aliases,omitempty"`
	// Refused are the settings that need approval and do not have it.
	Refused []EnvRefusal `json:"refused,omitempty"`
}

// EventType implements [Event].
func (EnvProject) EventType() string { return "env.project" }

// An EnvRefusal is a setting that needs approval.
type EnvRefusal struct {
	// Name is the variable.
	Name string `json:"name"`
	// Line is where it stands in the file.
	Line int `json:"line"`
	// Why says what it could do.
	Why string `json:"why"`
}
