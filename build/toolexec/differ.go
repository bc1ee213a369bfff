package toolexec

import (
	"slices"
	"strings"
)

// A Difference is one part of the key of a compile that is not the same in
// another. Here and There are empty for what is missing.
type Difference struct {
	// Kind is toolchain, flag, env, file, embed, path, module, import or platform.
	Kind string
	// Subject is the file, the variable or the import; empty where there is one
	// of the kind only.
	Subject     string
	Here, There string
}

// Differ says how two compiles of a package differ, in order of how much
// follows from it.
func (d Description) Differ(there Description) (all []Difference) {
	add := func(kind, subject, here, there string) {
		if here != there {
			all = append(all, Difference{kind, subject, here, there})
		}
	}
	add("platform", "", d.Platform, there.Platform)
	add("toolchain", "", toolVersion(d.Tool), toolVersion(there.Tool))
	diff(there.Args, d.Args, func(s, text string) {
		if text == "added" {
			add("flag", "", s, "")
		} else {
			add("flag", "", "", s)
		}
	})
	if d.Trimmed != there.Trimmed {
		add("flag", "", trimpath(d.Trimmed), trimpath(there.Trimmed))
	}
	all = append(all, pairs("env", variables(d.Env), variables(there.Env))...)
	all = append(all, d.place(there)...)
	all = append(all, pairs("file", files(d.Files), files(there.Files))...)
	return append(all, importDifferences(d.Imports, there.Imports)...)
}

func trimpath(on bool) string {
	if on {
		return "-trimpath"
	}
	return ""
}

// toolVersion is the release in what a compiler says to -V=full.
func toolVersion(text string) string {
	text = strings.TrimSpace(text)
	return strings.TrimPrefix(text, "compile version ")
}

// place compares the directories, which are part of the key without -trimpath.
func (d Description) place(there Description) []Difference {
	switch {
	case d.Module != there.Module && d.Module != "" && there.Module != "":
		return []Difference{{"module", "", d.Module, there.Module}}
	case d.Dir != there.Dir && d.Dir != "" && there.Dir != "":
		return []Difference{{"path", "", d.Dir, there.Dir}}
	}
	return nil
}

// pairs compares what has names, sorted by them.
func pairs(kind string, here, there map[string]string) (all []Difference) {
	var names []string
	for name, value := range here {
		if other, ok := there[name]; !ok || other != value {
			names = append(names, name)
		}
	}
	for name := range there {
		if _, ok := here[name]; !ok {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	for _, name := range names {
		k, subject := kind, name
		if embed, ok := strings.CutPrefix(name, "embed "); ok {
			k, subject = "embed", embed
		}
		all = append(all, Difference{k, subject, here[name], there[name]})
	}
	return all
}

func variables(env []string) map[string]string {
	all := map[string]string{}
	for _, text := range env {
		name, value, _ := strings.Cut(text, "=")
		all[name] = value
	}
	return all
}

func files(list []FileInput) map[string]string {
	all := map[string]string{}
	for _, f := range list {
		all[f.Path] = f.Hash
	}
	return all
}

// importDifferences compares by what go's key has of an import, the hash of its archive,
// and by its interface where both sides know it.
func importDifferences(here, there []Import) (all []Difference) {
	was := map[string]Import{}
	for _, i := range there {
		was[i.Path] = i
	}
	for _, i := range here {
		old, had := was[i.Path]
		delete(was, i.Path)
		switch {
		case !had:
			all = append(all, Difference{"import", i.Path, "imported", ""})
		case i.ContentID == old.ContentID:
		case i.Export != "" && i.Export == old.Export:
			all = append(all, Difference{"import", i.Path, "same interface", "same interface"})
		default:
			all = append(all, Difference{"import", i.Path, i.ContentID, old.ContentID})
		}
	}
	for _, i := range there {
		if _, gone := was[i.Path]; gone {
			all = append(all, Difference{"import", i.Path, "", "imported"})
		}
	}
	return all
}
