// With a file of assembly, functions may have no body.
