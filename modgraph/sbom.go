package modgraph

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/url"
	"regexp"
	"strings"
	"time"

	cdx "github.com/CycloneDX/cyclonedx-go"
	spdxjson "github.com/spdx/tools-golang/json"
	"github.com/spdx/tools-golang/spdx/v2/common"
	spdx "github.com/spdx/tools-golang/spdx/v2/v2_3"
)

// SBOMOptions say what a bill of materials lists.
type SBOMOptions struct {
	// Modules are the paths to list; nil lists the whole build list.
	Modules map[string]bool
	// Created is the date that formats ask for; the same graph and date give
	// the same document.
	Created time.Time
	// Tool and ToolVersion name who made it.
	Tool, ToolVersion string
}

// materials are the modules to list, main ones first.
func (g *Graph) materials(opts SBOMOptions) []Module {
	var out []Module
	for _, m := range g.Modules {
		if m.Main || opts.Modules == nil || opts.Modules[m.Path] {
			out = append(out, m)
		}
	}
	return out
}

// purl is the package URL of what is used for a module: its replacement, if
// it has one with a version.
func (m Module) purl() string {
	v := m.Version
	if m.Replace != nil && !m.Replace.Local {
		v = m.Replace.Version
	}
	parts := strings.Split(v.Path, "/")
	for i, p := range parts {
		parts[i] = url.PathEscape(p)
	}
	s := "pkg:golang/" + strings.Join(parts, "/")
	if v.Version != "" {
		s += "@" + url.QueryEscape(v.Version)
	}
	return s
}

// WriteCycloneDX writes a bill of materials in CycloneDX 1.6 JSON.
func (g *Graph) WriteCycloneDX(w io.Writer, opts SBOMOptions) error {
	list := g.materials(opts)
	refs := make(map[string]string)
	doc := cdx.NewBOM()
	doc.Metadata = &cdx.Metadata{Timestamp: opts.Created.UTC().Format(time.RFC3339), Tools: &cdx.ToolsChoice{
		Components: &[]cdx.Component{{Type: cdx.ComponentTypeApplication, Name: opts.Tool, Version: opts.ToolVersion}}}}
	components := []cdx.Component{}
	for _, m := range list {
		refs[m.Path] = m.purl()
		c := cdx.Component{BOMRef: m.purl(), Type: cdx.ComponentTypeLibrary, Name: m.Path, Version: m.Version.Version, PackageURL: m.purl(), Scope: cdx.ScopeRequired}
		if ids := Licenses(m.Dir).IDs; len(ids) > 0 {
			choices := cdx.Licenses{}
			for _, id := range ids {
				choices = append(choices, cdx.LicenseChoice{License: &cdx.License{ID: id}})
			}
			c.Licenses = &choices
		}
		if m.Replace != nil {
			c.Properties = &[]cdx.Property{{Name: "gust:replaces", Value: m.Version.String()}, {Name: "gust:replacement", Value: m.Replace.Version.String()}}
		}
		if m.Main && doc.Metadata.Component == nil {
			c.Type, c.Scope = cdx.ComponentTypeApplication, ""
			doc.Metadata.Component = &c
			continue
		}
		components = append(components, c)
	}
	doc.Components = &components
	dependencies := []cdx.Dependency{}
	for _, m := range list {
		dependsOn := []string{}
		i, _ := g.Find(m.Path)
		for _, e := range g.Out(i) {
			if ref, ok := refs[g.Modules[e.To].Path]; ok && g.Essential(e) {
				dependsOn = append(dependsOn, ref)
			}
		}
		dependencies = append(dependencies, cdx.Dependency{Ref: m.purl(), Dependencies: &dependsOn})
	}
	doc.Dependencies = &dependencies
	enc := cdx.NewBOMEncoder(w, cdx.BOMFileFormatJSON).SetPretty(true).SetEscapeHTML(false)
	if err := enc.EncodeVersion(doc, cdx.SpecVersion1_6); err != nil {
		return fmt.Errorf("write CycloneDX: %w", err)
	}
	return nil
}

var notID = regexp.MustCompile(`[^A-Za-z0-9.-]+`)

// WriteSPDX writes a bill of materials in SPDX 2.3 JSON.
func (g *Graph) WriteSPDX(w io.Writer, opts SBOMOptions) error {
	list := g.materials(opts)
	hash := sha256.New()
	ids := make(map[string]common.ElementID)
	doc := &spdx.Document{
		SPDXVersion: spdx.Version, DataLicense: spdx.DataLicense, SPDXIdentifier: "DOCUMENT", DocumentName: g.title(),
		CreationInfo: &spdx.CreationInfo{Created: opts.Created.UTC().Format(time.RFC3339),
			Creators: []common.Creator{{CreatorType: "Tool", Creator: strings.TrimSpace(opts.Tool + "-" + opts.ToolVersion)}}},
	}
	for n, m := range list {
		fmt.Fprintln(hash, m)
		// Escaped paths could collide; the number keeps them apart.
		id := common.ElementID(fmt.Sprintf("Package-%d-%s", n, notID.ReplaceAllString(m.Path, "-")))
		ids[m.Path] = id
		license := "NOASSERTION"
		if found := Licenses(m.Dir).IDs; len(found) > 0 {
			license = strings.Join(found, " AND ")
		}
		doc.Packages = append(doc.Packages, &spdx.Package{
			PackageName: m.Path, PackageSPDXIdentifier: id, PackageVersion: m.Version.Version, PackageDownloadLocation: "NOASSERTION",
			PackageLicenseConcluded: "NOASSERTION", PackageLicenseDeclared: license, PackageCopyrightText: "NOASSERTION",
			PackageExternalReferences: []*spdx.PackageExternalReference{{Category: "PACKAGE-MANAGER", RefType: "purl", Locator: m.purl()}},
		})
	}
	for _, m := range list {
		i, _ := g.Find(m.Path)
		if m.Main {
			doc.Relationships = append(doc.Relationships, relation("DOCUMENT", "DESCRIBES", ids[m.Path]))
		}
		for _, e := range g.Out(i) {
			if to, ok := ids[g.Modules[e.To].Path]; ok && g.Essential(e) {
				doc.Relationships = append(doc.Relationships, relation(ids[m.Path], "DEPENDS_ON", to))
			}
		}
	}
	doc.DocumentNamespace = "https://spdx.org/spdxdocs/gust-" + hex.EncodeToString(hash.Sum(nil))[:32]
	if err := spdxjson.Write(doc, w, spdxjson.Indent(" "), spdxjson.EscapeHTML(false)); err != nil {
		return fmt.Errorf("write SPDX: %w", err)
	}
	return nil
}

func relation(a common.ElementID, kind string, b common.ElementID) *spdx.Relationship {
	return &spdx.Relationship{RefA: common.MakeDocElementID("", string(a)), RefB: common.MakeDocElementID("", string(b)), Relationship: kind}
}
