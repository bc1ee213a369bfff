// Package matrix builds the same packages for several targets.
//
// gust.toml lists the targets ([Expand]), the command line picks some of them
// ([Select]), and [Run] builds each, a few at a time, into a folder of its own.
// What builds is the caller's function, with the environment of the target, so
// that a target comes out as go build makes it in that environment.
//
// gust.toml is not trusted. Its values have been held to their forms by package
// config, so they can stand in an environment and in file names; a folder that
// leads elsewhere by way of a symbolic link in the checkout is refused here
// before go writes to it.
package matrix
