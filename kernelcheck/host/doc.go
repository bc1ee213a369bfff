// Package host reads the facts about the machine gust runs on that need no
// experiment: versions, Kconfig, sysctls, security modules, cgroups, limits and
// the CPU. A file that cannot be read leaves its fact unknown.
package host
