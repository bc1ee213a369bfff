package event

// CacheDamage reports an entry of gust's cache that is not what it was.
type CacheDamage struct {
	// Path is relative to the cache folder, with slashes.
	Path string `json:"path"`
	// Why says what is wrong with it.
	Why string `json:"why"`
	// Dropped: it has been removed, and will be made anew when needed.
	Dropped bool `json:"dropped"`
	// Shared: the same file has names outside gust's cache, such as in go's
	// own, which gust does not touch.
	Shared bool `json:"shared,omitempty"`
}

// EventType implements [Event].
func (CacheDamage) EventType() string { return "cache.damage" }

// CacheStats is what gust cache stats found.
type CacheStats struct {
	// Dir is the cache folder.
	Dir string `json:"dir"`
	// Areas are the parts of the cache by path.
	Areas []CacheArea `json:"areas"`
	// FreesBytes is what removing the whole cache would free.
	FreesBytes int64 `json:"frees_bytes"`
	// HoldsBytes is what the cache holds, of which go's own cache may have a
	// part as well.
	HoldsBytes int64 `json:"holds_bytes"`
	// LimitBytes is the size that the cache is kept to, -1 for none.
	LimitBytes int64 `json:"limit_bytes"`
	// TrimmedUnix is when a build last looked at the size, 0 for never.
	TrimmedUnix int64 `json:"trimmed_unix,omitempty"`
	// Foreign are paths in the folder that are not gust's.
	Foreign []string `json:"foreign,omitempty"`
	// Builds counts the builds of the last 30 days that asked for compiles.
	Builds int `json:"builds"`
	// Compiled counts the compiles in them.
	Compiled int `json:"compiled"`
	// Reused counts the compiles that were not needed.
	Reused int `json:"reused"`
	// Relinked counts the compiles for which relinking was enough.
	Relinked int `json:"relinked"`
	// SavedNS is the compile time that reuse made unnecessary.
	SavedNS int64 `json:"saved_ns"`
}

// EventType implements [Event].
func (CacheStats) EventType() string { return "cache.stats" }

// A CacheArea is one directory of gust's cache.
type CacheArea struct {
	// Path is relative to the cache folder, with slashes; empty for its own
	// records.
	Path string `json:"path"`
	// Entries counts what can be looked up.
	Entries int `json:"entries"`
	// Temp counts files that are being written, or were abandoned.
	Temp int `json:"temp,omitempty"`
	// FreesBytes is what removing the area alone would free.
	FreesBytes int64 `json:"frees_bytes"`
	// HoldsBytes is what the area holds.
	HoldsBytes int64 `json:"holds_bytes"`
	// OldestUnix is the last use of the entry not used for longest.
	OldestUnix int64 `json:"oldest_unix,omitempty"`
}

// CacheSummary is the last event of gust cache trim, verify and clean.
type CacheSummary struct {
	// Checked counts the entries that were hashed.
	Checked int `json:"checked"`
	// Damaged counts those that were not what they should be.
	Damaged int `json:"damaged"`
	// Removed counts the files that were removed.
	Removed int `json:"removed"`
	// Kept counts what a running build may be using and was left for it.
	Kept int `json:"kept"`
	// FreedBytes is what that freed.
	FreedBytes int64 `json:"freed_bytes"`
	// LeftBytes is what removing the rest would free.
	LeftBytes int64 `json:"left_bytes"`
	// Foreign are paths in the folder that are not gust's and were left.
	Foreign []string `json:"foreign,omitempty"`
}

// EventType implements [Event].
func (CacheSummary) EventType() string { return "cache.summary" }

// CacheMtimes is what gust cache stable-mtimes did.
type CacheMtimes struct {
	// Files counts the files that have the time of their content now.
	Files int `json:"files"`
	// Dirs counts the directories.
	Dirs int `json:"dirs"`
	// Changed counts those of both that had another time.
	Changed int `json:"changed"`
	// Skipped counts what is missing, was being written, or is no file.
	Skipped int `json:"skipped"`
}

// EventType implements [Event].
func (CacheMtimes) EventType() string { return "cache.mtimes" }

// CacheWhy says how this machine's compile of a package differs from another.
type CacheWhy struct {
	// ImportPath is the package.
	ImportPath string `json:"import_path"`
	// Verdict is "found" if the remote cache has what this very compile makes,
	// "differs" if there is another compile to compare with, "same" if that one is
	// made of the same as far as the compiler is concerned, and "nothing" if there
	// is none.
	Verdict string `json:"verdict"`
	// Where is the other compile: "remote" or "machine".
	Where string `json:"where"`
	// Action is go's key of this machine's compile, in hexadecimal.
	Action string `json:"action"`
	// Differences are the parts of the key that are not the same.
	Differences []CacheDifference `json:"differences"`
	// Roots are those of the dependencies that differ which depend on no other
	// that does, as far as that can be told.
	Roots []string `json:"roots,omitempty"`
}

// EventType implements [Event].
func (CacheWhy) EventType() string { return "cache.why" }

// A CacheDifference is one part of the key of a compile.
type CacheDifference struct {
	// Kind is platform, toolchain, flag, env, path, module, file, embed or import.
	Kind string `json:"kind"`
	// Subject is the file, the variable or the import path.
	Subject string `json:"subject,omitempty"`
	// Here is what this machine has, of files and imports a hash; empty for nothing.
	Here string `json:"here"`
	// There is what the other compile has.
	There string `json:"there"`
}

// CacheRemote is what gust cache stats --remote found of one server.
type CacheRemote struct {
	// Server is its address, without what is secret.
	Server string `json:"server"`
	// Mode is what is done with it now: read, write or readwrite; empty if it is
	// not the one that GUST_REMOTE_CACHE names.
	Mode string `json:"mode,omitempty"`
	// Runs counts the builds and go commands of the last 30 days that asked it.
	Runs int `json:"runs"`
	// Total is what it did for all of them.
	Total BuildRemote `json:"total"`
	// Status is what it says now; null if it was not asked.
	Status *CacheServer `json:"status,omitempty"`
	// Error is why there is no answer.
	Error string `json:"error,omitempty"`
}

// EventType implements [Event].
func (CacheRemote) EventType() string { return "cache.remote" }

// CacheServer is what a server says of itself, -1 where it says nothing.
type CacheServer struct {
	// Kind is what it calls itself.
	Kind string `json:"kind,omitempty"`
	// UsedBytes is how much it holds, for others as well.
	UsedBytes int64 `json:"used_bytes"`
	// LimitBytes is how much it may hold.
	LimitBytes int64 `json:"limit_bytes"`
	// Entries counts what it holds.
	Entries int64 `json:"entries"`
	// Hits counts what it has found for anybody since it was started.
	Hits int64 `json:"hits"`
	// Misses counts what it had not.
	Misses int64 `json:"misses"`
	// Evicted counts what it has dropped to make room.
	Evicted int64 `json:"evicted"`
	// TookNS is how long one question took just now.
	TookNS int64 `json:"took_ns"`
}
