package affected

// An edit changes the module of testdata/module.txtar.
type edit struct {
	name string
	edit func(s *sample)
	// want are the packages to select, "*" for everything.
	want string
	// blind edits are those that go's cache does not see, or that only we
	// take for one.
	blind bool
}

func edits() []edit {
	return []edit{
		{"body of a leaf", func(s *sample) { s.replace("mod/leaf/leaf.go", "return 1", "return 2") }, "leaf mid outside top", false},
		{"body in the middle", func(s *sample) { s.replace("mod/mid/mid.go", "+ 1", "+ 7") }, "mid outside top", false},
		{"test only", func(s *sample) { s.replace("mod/leaf/leaf_test.go", "// marker", "func init() { println(1) }") }, "leaf outside", false},
		{"external test", func(s *sample) { s.replace("mod/mid/mid_test.go", "// marker", "func init() { println(1) }") }, "mid outside", false},
		{"package that only a test imports", func(s *sample) { s.replace("mod/helper/helper.go", "return 1", "return 2") }, "helper outside top", false},
		{"testdata", func(s *sample) { s.write("mod/data/testdata/in.txt", "other\n") }, "data outside", false},
		{"new testdata", func(s *sample) { s.write("mod/data/testdata/new.txt", "x\n") }, "data outside", false},
		{"deleted testdata", func(s *sample) { s.remove("mod/data/testdata/in.txt") }, "data outside", false},
		{"file below a folder", func(s *sample) { s.write("mod/data/nested/deep/x.txt", "other\n") }, "data outside", false},
		{"embedded file", func(s *sample) { s.write("mod/embed/files/a.txt", "other\n") }, "embed outside usesembed", false},
		{"new embedded file", func(s *sample) { s.write("mod/embed/files/b.txt", "b\n") }, "embed outside usesembed", false},
		{"deleted embedded file", func(s *sample) { s.remove("mod/embed/files/z.txt") }, "embed outside usesembed", false},
		{"file that another folder reads", func(s *sample) { s.write("mod/shared.txt", "other\n") }, "outside", false},
		{"target of a link", func(s *sample) { s.write("linked/in.txt", "other\n") }, "link outside", true},
		{"new file of a package", func(s *sample) { s.write("mod/leaf/more.go", "package leaf\n\nfunc init() { println(1) }\n") }, "leaf mid outside top", false},
		{"file removed from a package", func(s *sample) { s.remove("mod/leaf/extra.go") }, "leaf mid outside top", false},
		{"file excluded now", func(s *sample) { s.replace("mod/leaf/extra.go", "package leaf", "//go:build never\n\npackage leaf") }, "leaf mid outside top", true},
		{"file included now", func(s *sample) { s.replace("mod/leaf/never.go", "//go:build never\n\n", "") }, "leaf mid outside top", false},
		{"staged", func(s *sample) {
			s.write("mod/leaf/staged.go", "package leaf\n\nfunc init() { println(1) }\n")
			s.git("add", "-A")
		}, "leaf mid outside top", false},
		{"ignored source", func(s *sample) { s.write("mod/leaf/zz_generated.go", "package leaf\n\nfunc init() { println(1) }\n") }, "leaf mid top", false},
		{"hidden from git status", func(s *sample) {
			s.git("update-index", "--assume-unchanged", "mod/leaf/leaf.go")
			s.replace("mod/leaf/leaf.go", "return 1", "return 3")
		}, "leaf mid outside top", false},
		{"module in a folder", func(s *sample) { s.replace("local/local.go", "return 1", "return 2") }, "outside usesmod", false},
		{"replacement", func(s *sample) { s.replace("mod/go.mod", "=> ../local\n", "=> ../local2\n") }, "outside usesmod", false},
		{"syntax error", func(s *sample) { s.write("mod/leaf/leaf.go", "package leaf\n\nfunc {") }, "leaf mid outside top", false},
		{"missing import", func(s *sample) { s.replace("mod/mid/mid.go", `"example.com/m/leaf"`, `"example.com/m/gone"`) }, "mid outside top", false},
		{"go line", func(s *sample) { s.replace("mod/go.mod", "go 1.24\n", "go 1.25\n") }, "*", false},
		{"nested module", func(s *sample) { s.write("mod/data/nested/go.mod", "module example.com/m/data/nested\n") }, "*", true},
		{"readme", func(s *sample) { s.write("README.md", "other\n") }, "outside", true},
		{"excluded package", func(s *sample) { s.write("mod/none/none.go", "//go:build never\n\npackage none\n") }, "outside", true},
	}
}
