// Package layout places the nodes and arrows of a picture with Graphviz,
// without a Graphviz on the machine.
//
// Graphviz 12.1.2 is here as the WebAssembly module of goccy/go-graphviz
// v0.2.10, byte for byte, run by wazero. The Go code of go-graphviz is not
// linked in: its package initialisation compiles the module in every process
// that imports it, 22 ms for commands that draw nothing, and loads native
// code from a predictable folder that others can write to (see
// docs/graph.md). Calling the module directly takes the few exported C
// functions below, nothing before the first picture, and brings deadlines, a
// memory limit and independent instances. A test holds the module and its
// results to those of go-graphviz.
//
// The native code that wazero makes of the module is cached in a folder that
// belongs to the user alone. A cache that cannot be used is not used.
package layout

import (
	"context"
	_ "embed"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/experimental"
	"github.com/tetratelabs/wazero/imports/wasi_snapshot_preview1"
)

//go:embed graphviz.wasm
var module []byte

// memoryPages limits an instance to 384 MB, in pages of 64 kB. The largest
// module graphs that finish within seconds take half of it.
const memoryPages = 6144

// ErrRefused is the error for what Graphviz itself does not accept: text that
// is no graph, or an engine or format that does not exist.
var ErrRefused = errors.New("graph refused by Graphviz")

// Options say how to compile the module.
type Options struct {
	// Cache is the folder for native code, made if it is missing. Without it, or
	// if others can write to it, the code is kept nowhere.
	Cache string
	// Unchecked code runs four times as fast, and on when its context ends: it
	// is for a process that does nothing else, see [Serve].
	Unchecked bool
}

// A Graphviz is the module, compiled. Any number of goroutines may use it.
type Graphviz struct {
	opts     Options
	code     wazero.CompilationCache
	runtime  wazero.Runtime
	compiled wazero.CompiledModule
	running  sync.WaitGroup
}

// Open compiles the module, or loads what the folder for native code has of it.
func Open(ctx context.Context, opts Options) (*Graphviz, error) {
	opts.Cache = openCache(opts.Cache)
	g, err := open(ctx, opts)
	if opts.Cache != "" && err != nil && ctx.Err() == nil {
		dropCache(opts.Cache) // damaged code does not load
		g, err = open(ctx, Options{Unchecked: opts.Unchecked})
	}
	if ctx.Err() != nil {
		g.Close()
		return nil, ctx.Err()
	}
	return g, err
}

func open(ctx context.Context, opts Options) (g *Graphviz, err error) {
	g = &Graphviz{opts: opts}
	defer func() {
		// wazero panics on some damaged caches.
		if r := recover(); r != nil {
			err = fmt.Errorf("compile Graphviz: %v", r)
		}
		if err != nil {
			g.Close()
			g = nil
		}
	}()
	config := wazero.NewRuntimeConfig().WithCloseOnContextDone(!opts.Unchecked).WithMemoryLimitPages(memoryPages).
		WithMemoryCapacityFromMax(opts.Unchecked)
	if opts.Cache != "" {
		if c, err := wazero.NewCompilationCacheWithDir(opts.Cache); err == nil {
			g.code = c
			config = config.WithCompilationCache(c)
		}
	}
	g.runtime = wazero.NewRuntimeWithConfig(ctx, config)
	if _, err := wasi_snapshot_preview1.Instantiate(ctx, g.runtime); err != nil {
		return g, fmt.Errorf("start Graphviz: %w", err)
	}
	if g.compiled, err = g.runtime.CompileModule(experimental.WithCompilationWorkers(ctx, runtime.GOMAXPROCS(0)), module); err != nil {
		return g, fmt.Errorf("compile Graphviz: %w", err)
	}
	return g, g.imports(ctx)
}

// imports provides what the module imports from "env": callbacks into Go for
// plugins and such, which a layout does not call.
func (g *Graphviz) imports(ctx context.Context) error {
	env := g.runtime.NewHostModuleBuilder("env")
	for _, f := range g.compiled.ImportedFunctions() {
		from, name, _ := f.Import()
		if from != "env" {
			continue
		}
		trap := api.GoModuleFunc(func(context.Context, api.Module, []uint64) { panic("unexpected call of " + name) })
		env.NewFunctionBuilder().WithGoModuleFunction(trap, f.ParamTypes(), f.ResultTypes()).Export(name)
	}
	if _, err := env.Instantiate(ctx); err != nil {
		return fmt.Errorf("start Graphviz: %w", err)
	}
	return nil
}

// Close frees the code once no call runs any more, and does not wait for it.
func (g *Graphviz) Close() {
	if g == nil {
		return
	}
	go func() {
		g.running.Wait()
		// What is freed at the end of the process anyway may fail to be.
		ctx := context.Background()
		if g.runtime != nil {
			_ = g.runtime.Close(ctx)
		}
		if g.code != nil {
			_ = g.code.Close(ctx)
		}
	}()
}

// Run reads a graph in DOT, lays it out with an engine (dot, neato, fdp,
// sfdp, twopi, circo or osage) and returns it in one of Graphviz' output
// formats, such as json0, plain or svg. Each call has an instance of its own,
// so calls do not affect each other, and the end of ctx stops it unless the
// code is unchecked.
func (g *Graphviz) Run(ctx context.Context, dot, format, engine string) (out []byte, err error) {
	g.running.Add(1)
	defer g.running.Done()
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	out, err = g.run(ctx, dot, format, engine)
	if g.opts.Cache != "" && err != nil && ctx.Err() == nil && !errors.Is(err, ErrRefused) {
		// Native code that is damaged may load, and trap.
		dropCache(g.opts.Cache)
		anew, openErr := open(ctx, Options{Unchecked: g.opts.Unchecked})
		if openErr != nil {
			return nil, openErr
		}
		defer anew.Close()
		out, err = anew.run(ctx, dot, format, engine)
	}
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	return out, err
}

func (g *Graphviz) run(ctx context.Context, dot, format, engine string) (out []byte, err error) {
	defer func() {
		if r := recover(); r != nil {
			out, err = nil, fmt.Errorf("run Graphviz: %v", r)
		}
	}()
	i := &instance{ctx: ctx, stderr: new(strings.Builder)}
	// No files, no environment, no clock but a fixed one: the same text gives
	// the same picture. Without a name there can be several.
	conf := wazero.NewModuleConfig().WithName("").WithStderr(i.stderr).WithStartFunctions()
	if i.mod, err = g.runtime.InstantiateModule(ctx, g.compiled, conf); err != nil {
		return nil, fmt.Errorf("start Graphviz: %w", err)
	}
	defer i.mod.Close(context.WithoutCancel(ctx))
	i.call("__wasm_call_ctors")
	return i.render(dot, format, engine)
}

// An instance of the module does one layout.
type instance struct {
	ctx    context.Context
	mod    api.Module
	stderr *strings.Builder
	err    error // the first; calls after it do nothing
}

func (g *instance) render(dot, format, engine string) ([]byte, error) {
	gvc := g.call("gvContextPlugins", g.plugins(), 0)
	graph := g.call("agmemread", g.text(dot))
	if g.err == nil && graph == 0 {
		return nil, fmt.Errorf("%w: %s", ErrRefused, strings.TrimSpace(g.stderr.String()))
	}
	if status := int32(g.call("gvLayout", gvc, graph, g.text(engine))); g.err == nil && status != 0 {
		return nil, fmt.Errorf("%w: engine %q: %s", ErrRefused, engine, strings.TrimSpace(g.stderr.String()))
	}
	result := g.call("malloc", 8) // a char * and an unsigned int
	if status := int32(g.call("gvRenderData", gvc, graph, g.text(format), result, result+4)); g.err == nil && status != 0 {
		return nil, fmt.Errorf("%w: format %q: %s", ErrRefused, format, strings.TrimSpace(g.stderr.String()))
	}
	head := g.read(uint32(result), 8)
	if g.err != nil {
		return nil, g.err
	}
	data := g.read(binary.LittleEndian.Uint32(head), binary.LittleEndian.Uint32(head[4:]))
	return append([]byte(nil), data...), g.err
}

// plugins returns the table of built-in plugins with the terminating zero
// that gvContextPlugins looks for and the module's own table lacks.
func (g *instance) plugins() uint64 {
	const entry, entries = 8, 3 // name and address; layouts of dot and neato, and core
	symbol := g.mod.ExportedGlobal("lt_preloaded_symbols")
	if symbol == nil {
		g.fail(errors.New("the module has no table of plugins"))
		return 0
	}
	table := g.call("malloc", entry*(entries+1))
	data := append(g.read(uint32(symbol.Get()), entry*entries), make([]byte, entry)...)
	g.write(uint32(table), data)
	return table
}

// call calls a C function that has at most one result.
func (g *instance) call(name string, args ...uint64) uint64 {
	if g.err != nil {
		return 0
	}
	f := g.mod.ExportedFunction(name)
	if f == nil {
		g.fail(fmt.Errorf("the module has no function %s", name))
		return 0
	}
	results, err := f.Call(g.ctx, args...)
	if err != nil {
		g.fail(fmt.Errorf("%s: %w", name, err))
		return 0
	}
	if len(results) == 0 {
		return 0
	}
	return results[0]
}

// text copies a string into the instance. It is freed with the instance.
func (g *instance) text(s string) uint64 {
	p := g.call("malloc", uint64(len(s)+1))
	g.write(uint32(p), append([]byte(s), 0))
	return p
}

func (g *instance) write(at uint32, data []byte) {
	if g.err == nil && (at == 0 || !g.mod.Memory().Write(at, data)) {
		g.fail(fmt.Errorf("%d bytes do not fit into Graphviz' memory", len(data)))
	}
}

func (g *instance) read(at, size uint32) []byte {
	if g.err != nil {
		return make([]byte, size)
	}
	data, ok := g.mod.Memory().Read(at, size)
	if !ok {
		g.fail(fmt.Errorf("%d bytes at %#x are outside of Graphviz' memory", size, at))
		return nil
	}
	return data
}

func (g *instance) fail(err error) {
	if g.err == nil {
		g.err = fmt.Errorf("run Graphviz: %w", err)
	}
}

// openCache makes the folder if need be and returns it, or "" if it is
// missing or not the user's alone: what is in it is run as it is.
func openCache(dir string) string {
	if dir == "" || os.MkdirAll(dir, 0o700) != nil {
		return ""
	}
	info, err := os.Lstat(dir)
	if err != nil || !info.IsDir() || !private(info) {
		return ""
	}
	// Whoever may rename the folder could put another in its place.
	if parent, err := os.Stat(filepath.Dir(dir)); err != nil || !guarded(parent) {
		return ""
	}
	return dir
}

// dropCache empties the cache. Others may be using it at the same time:
// they have read what they need, or will compile anew.
func dropCache(dir string) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return
	}
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), "wazero-") {
			_ = os.RemoveAll(filepath.Join(dir, e.Name()))
		}
	}
}
