package event

import (
	"encoding/json"
	"errors"
	"fmt"
)

// ErrUnknown is a line that is no event this version of gust knows: other
// output between events, or an event of a version to come.
var ErrUnknown = errors.New("not an event")

// Decode reads one line that [Marshal] wrote. Fields that it does not know are
// ignored, as docs/events.md asks of readers.
func Decode(line []byte) (Event, error) {
	var head struct {
		V    int    `json:"v"`
		Type string `json:"type"`
	}
	if err := json.Unmarshal(line, &head); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrUnknown, err)
	}
	if head.V != Version {
		return nil, fmt.Errorf("%w: version %d", ErrUnknown, head.V)
	}
	decode := decoderOf(head.Type)
	if decode == nil {
		return nil, fmt.Errorf("%w: type %q", ErrUnknown, head.Type)
	}
	return decode(line)
}

type decoder = func([]byte) (Event, error)

// as decodes an event of type E.
func as[E Event](line []byte) (Event, error) {
	var e E
	if err := json.Unmarshal(line, &e); err != nil {
		return nil, fmt.Errorf("decode %s event: %w", e.EventType(), err)
	}
	return e, nil
}

// decoderOf knows every event, which a test holds it to; nil is no event.
func decoderOf(eventType string) decoder {
	switch eventType {
	case "build.action":
		return as[BuildAction]
	case "build.output":
		return as[BuildOutput]
	case "build.package":
		return as[BuildPackage]
	case "build.start":
		return as[BuildStart]
	case "build.summary":
		return as[BuildSummary]
	case "build.timings":
		return as[BuildTimings]
	case "cache.damage":
		return as[CacheDamage]
	case "cache.mtimes":
		return as[CacheMtimes]
	case "cache.stats":
		return as[CacheStats]
	case "cache.summary":
		return as[CacheSummary]
	case "cache.remote":
		return as[CacheRemote]
	case "cache.why":
		return as[CacheWhy]
	case "doctor.finding":
		return as[DoctorFinding]
	case "env.project":
		return as[EnvProject]
	case "env.variable":
		return as[EnvVariable]
	case "error":
		return as[Error]
	case "graph.change":
		return as[GraphChange]
	case "graph.cut":
		return as[GraphCut]
	case "graph.cycle":
		return as[GraphCycle]
	case "graph.license":
		return as[GraphLicense]
	case "graph.phantom":
		return as[GraphPhantom]
	case "graph.requirement":
		return as[GraphRequirement]
	case "graph.size":
		return as[GraphSize]
	case "graph.update":
		return as[GraphUpdate]
	case "graph.violation":
		return as[GraphViolation]
	case "graph.vuln":
		return as[GraphVuln]
	case "graph.weight":
		return as[GraphWeight]
	case "graph.why":
		return as[GraphWhy]
	case "kernel.finding":
		return as[KernelFinding]
	case "kernel.option":
		return as[KernelOption]
	case "kernel.probe":
		return as[KernelProbe]
	case "kernel.probe_kind":
		return as[KernelProbeKind]
	case "kernel.program":
		return as[KernelProgram]
	case "kernel.rule":
		return as[KernelRule]
	case "kernel.rule_change":
		return as[KernelRuleChange]
	case "kernel.story":
		return as[KernelStory]
	case "kernel.summary":
		return as[KernelSummary]
	case "kernel.trace":
		return as[KernelTrace]
	case "kernel.use":
		return as[KernelUse]
	case "matrix.summary":
		return as[MatrixSummary]
	case "matrix.target":
		return as[MatrixTarget]
	case "run.begin":
		return as[RunBegin]
	case "run.end":
		return as[RunEnd]
	case "step":
		return as[Step]
	case "step.summary":
		return as[StepSummary]
	case "tags.field":
		return as[TagsField]
	case "tags.summary":
		return as[TagsSummary]
	case "test.case":
		return as[TestCase]
	case "test.diagnosing":
		return as[TestDiagnosing]
	case "test.diagnosis":
		return as[TestDiagnosis]
	case "test.flaky":
		return as[TestFlaky]
	case "test.history":
		return as[TestHistory]
	case "test.isolation":
		return as[TestIsolation]
	case "test.host_network":
		return as[TestHostNetwork]
	case "test.output":
		return as[TestOutput]
	case "test.package":
		return as[TestPackage]
	case "test.repeat":
		return as[TestRepeat]
	case "test.rerun":
		return as[TestRerun]
	case "test.sandbox":
		return as[TestSandbox]
	case "test.slow":
		return as[TestSlow]
	case "test.start":
		return as[TestStart]
	case "test.touched":
		return as[TestTouched]
	case "test.status":
		return as[TestStatus]
	case "test.summary":
		return as[TestSummary]
	case "warning":
		return as[Warning]
	case "watch":
		return as[Watch]
	}
	return nil
}
