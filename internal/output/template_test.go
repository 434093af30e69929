package output

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"text/template"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

const templateData = `{
	"id": "key_1", "name": "Web \"é\" <a&b='c'> \u0001\u2028", "empty": "", "yes": true, "no": false, "null": null,
	"n": 9007199254740993, "zero": 0, "half": 0.5, "list": ["b", "a", null, 3, ["x"], {"k": "v"}], "none": [],
	"obj": {"b": "2", "a": {"x": ["deep", {"y": null}]}, "null": null, "n": 12}, "void": {}
}`

// agree checks that a template does for data what text/template makes it do.
func agree(t require.TestingT, text, data string) {
	v, err := decode([]byte(data))
	require.NoError(t, err)
	ours, err := compile(text)
	std, stdErr := template.New(mainTemplate).Funcs(template.FuncMap{"join": join}).Parse(text)
	require.Equal(t, stdErr == nil, err == nil, "%s: text/template says %v, we %v", text, stdErr, err)
	if err != nil {
		return
	}
	var got, want bytes.Buffer
	err, stdErr = ours.run(&got, v), std.Execute(&want, v)
	require.Equal(t, stdErr == nil, err == nil, "%s: text/template says %v, we %v", text, stdErr, err)
	if err == nil {
		// What has a type of its own in text/template is an int here.
		types := strings.NewReplacer("(int64=", "(int=", "(uint8=", "(int=")
		require.Equal(t, types.Replace(want.String()), got.String(), text)
	}
}

func TestTemplatesAreThoseOfGo(t *testing.T) {
	for _, text := range []string{
		// text, comments and trimming
		"", "plain", "{{/* a comment */}}x", " {{- .id -}} \n y", "{{.id}}\n\n{{- .name}}", "{{`raw`}}{{\"a\\tb\"}}",
		// fields, chains and what is not there
		"{{.}}", "{{.id}}", "{{.obj.a.x}}", "{{.missing}}", "{{.missing.more}}", "{{.null}}", "{{.null.more}}", "{{.obj.null.x}}", "{{.id.x}}", "{{.list.x}}",
		"{{(.obj).a.x}}", "{{(.null).x}}", "{{(index .list 5).k}}", "{{$.id}}", "{{$}}", "{{.n}} {{.half}} {{.yes}} {{.list}} {{.obj}}", "{{.n.String}}", "{{.n.Int64}}",
		"{{.half.Float64}}", "{{.half.Int64}}", "{{.n.Nothing}}", "{{.n.String 1}}", "{{.id 1}}", "{{1 | .id}}", "{{1 | .missing.x}}", "{{nil}}", "{{nil | print}}", "{{(nil).x}}",
		// literals
		"{{1}} {{-2}} {{1.5}} {{1e3}} {{0x1F}} {{0x1p4}} {{'a'}} {{true}} {{1i}} {{0b11}} {{1_000}}", "{{9223372036854775807}}", "{{9223372036854775808}}", "{{18446744073709551615}}", "{{1 2}}", "{{\"a\" 1}}",
		// variables
		"{{$x := .id}}{{$x}}", "{{$x := 1}}{{$x = 2}}{{$x}}", "{{$x := 1}}{{if true}}{{$x = 2}}{{end}}{{$x}}", "{{$x := 1}}{{if true}}{{$x := 2}}{{end}}{{$x}}", "{{$x}}", "{{$x := .obj}}{{$x.b}}",
		"{{$x := .null}}{{$x}}{{$x.y}}", "{{$x := 1}}{{$x 2}}", "{{with $x := .id}}{{$x}}{{end}}{{$x}}",
		// if, with
		"{{if .yes}}a{{else}}b{{end}}", "{{if .no}}a{{else if .id}}b{{else}}c{{end}}", "{{if .zero}}a{{end}}", "{{if 0}}a{{else}}b{{end}}{{if 0.0}}a{{end}}{{if 0i}}a{{end}}",
		"{{if .none}}a{{else}}b{{end}}{{if .void}}a{{end}}{{if .empty}}a{{end}}{{if .null}}a{{end}}{{if .missing}}a{{end}}", "{{with .obj}}{{.b}}{{$.id}}{{else}}n{{end}}",
		"{{with .missing}}a{{else with .id}}{{.}}{{else}}c{{end}}", "{{if}}a{{end}}", "{{if .id}}",
		// range
		"{{range .list}}[{{.}}]{{end}}", "{{range $v := .list}}{{$v}},{{end}}", "{{range $i, $v := .list}}{{$i}}={{$v}},{{end}}", "{{range $k, $v := .obj}}{{$k}}={{$v}},{{end}}", "{{range .obj}}{{.}};{{end}}",
		"{{range .none}}a{{else}}none{{end}}", "{{range .missing}}a{{else}}none{{end}}", "{{range .null}}a{{else}}none{{end}}", "{{range .void}}a{{else}}none{{end}}", "{{range 3}}{{.}}{{end}}", "{{range $i := 3}}{{$i}}{{end}}",
		"{{range $i, $v := 3}}{{end}}", "{{range 0}}a{{else}}b{{end}}", "{{range -1}}a{{else}}b{{end}}", "{{range .id}}{{end}}", "{{range .n}}{{end}}", "{{range .yes}}{{end}}", "{{range 1.5}}{{end}}",
		"{{range .list}}{{if eq . \"a\"}}{{break}}{{end}}{{.}}{{else}}z{{end}}", "{{range $i, $_ := .list}}{{if eq $i 1}}{{continue}}{{end}}{{$i}}{{end}}", "{{break}}", "{{range .list}}{{break}}{{else}}z{{end}}",
		"{{range $i, $v := .list}}{{range 3}}{{if eq . 1}}{{break}}{{end}}{{$i}}{{.}} {{end}}{{end}}", "{{$l := \"\"}}{{range .list}}{{$l = .}}{{end}}{{$l}}", "{{$a := 0}}{{$b := 0}}{{range $a, $b = .list}}{{end}}{{$a}}{{$b}}",
		"{{$b := 0}}{{range $b = .list}}{{$b}}{{end}}", "{{range .list}}{{$x := .}}{{$x}}{{end}}", "{{range $v := .list}}{{$v.k}}{{end}}", "{{range .list}}{{.k}}{{end}}",
		// templates
		"{{define \"t\"}}<{{.}}>{{end}}{{template \"t\" .id}}{{template \"t\"}}{{template \"t\" .null}}", "{{block \"b\" .obj}}{{.b}}{{$.b}}{{end}}", "{{template \"nothing\"}}", "{{define \"template\"}}x{{end}}",
		"{{define \"r\"}}{{if .}}{{len .}}{{template \"r\" slice . 1}}{{end}}{{end}}{{template \"r\" .list}}", "{{$x := 1}}{{define \"t\"}}{{$x}}{{end}}", "{{define \"t\"}}a{{end}}{{define \"t\"}}b{{end}}",
		"{{define \"t\"}}{{end}}{{define \"t\"}}b{{end}}{{template \"t\"}}", "{{define \"t\"}}{{.id}}{{.x.y}}{{end}}{{template \"t\" .}}{{template \"t\" .list}}",
		// and, or, not
		"{{and .yes .id}} {{and .no .id}} {{or .no .id}} {{or .no .empty}} {{not .no}} {{not .missing}}", "{{and}}", "{{or 1 (index .none 9)}}", "{{and 0 (index .none 9)}}", "{{or 0 (index .none 9)}}", "{{.id | and true}}",
		"{{.no | or false}}", "{{1 | and}}", "{{and nil 1}}", "{{or nil .null}}", "{{or .null .missing \"x\"}}", "{{not 1 2}}", "{{(or .null .obj).b}}",
		// comparisons
		"{{eq 1 1}} {{eq 1 2 1}} {{eq .id \"x\" \"key_1\"}} {{ne 1 2}} {{lt 1 2}} {{le 2 2}} {{gt 1.5 1.0}} {{ge \"b\" \"a\"}}", "{{eq .n 1}}", "{{eq .n \"9007199254740993\"}}", "{{eq .n.Int64 9007199254740993}}", "{{lt .obj.n.Int64 13}}",
		"{{eq 1}}", "{{eq}}", "{{eq 1 1.0}}", "{{lt 1 1.0}}", "{{eq true true}}", "{{lt true false}}", "{{eq 1i 1i}}", "{{lt 1i 1i}}", "{{ne 1i 2i}}", "{{eq nil nil}}{{eq .null nil}}{{eq .missing .null}}{{eq nil 1}}{{ne nil 1}}", "{{lt nil 1}}",
		"{{eq .list .list}}", "{{eq .list nil}}", "{{eq .list .obj}}", "{{eq .list 1}}", "{{ne .list 1}}", "{{eq 1 1 \"a\"}}", "{{eq 1 \"a\" 1}}", "{{ne 1 2 3}}", "{{1 | lt 0}}", "{{eq (len .list) 6}}",
		// len, index, slice
		"{{len .id}} {{len .list}} {{len .obj}} {{len .n}}", "{{len .null}}", "{{len .missing}}", "{{len 3}}", "{{index .list 0}}", "{{index .list 6}}", "{{index .list -1}}", "{{index .list \"0\"}}", "{{index .list 5 \"k\"}}",
		"{{index .obj \"a\" \"x\" 0}}", "{{index .obj \"zz\"}}", "{{index .obj \"zz\" \"y\"}}", "{{index .obj 1}}", "{{index .obj nil}}", "{{index .obj .n}}", "{{index .id 0}}", "{{index .id 5}}", "{{index .list}}", "{{index .null}}", "{{index nil 1}}",
		"{{index 1 1}}", "{{index .list (index \"\\x01\" 0)}}", "{{index .list 1.0}}", "{{.list | index}}", "{{1 | index .list}}", "{{slice .id 1}} {{slice .id 1 3}} {{slice .id}} {{slice .list 1 2}} {{slice .list 1 2 3}} {{slice .n 1 3}}", "{{slice .id 1 2 3}}",
		"{{slice .id 3 1}}", "{{slice .id 99}}", "{{slice .list 0 99}}", "{{slice .list 2 1}}", "{{slice .list 1 3 2}}", "{{slice .list 1 2 3 4}}", "{{slice .obj}}", "{{slice .null}}", "{{slice nil}}", "{{slice .id \"1\"}}", "{{slice .id nil}}", "{{slice .id 7}}|",
		// print and escapes
		"{{print}}|{{print 1 2 \"a\" .id .null .missing nil}}|{{println .id 1}}|{{printf \"%s-%q-%v-%d-%5.1f-%x\" .id .name .list 3 1.25 \"hi\"}}", "{{printf .id}}", "{{printf 1}}", "{{printf .n}}", "{{printf .null}}", "{{printf nil}}", "{{printf}}", "{{printf .missing}}",
		"{{printf \"%v %v %v\" .null .missing nil}}", "{{printf \"%d\" .n}}", "{{printf \"%T %T %T %T\" .n .id 1 1.5}}", "{{.id | printf \"%s:%s\" \"a\"}}", "{{\"x\" | printf}}", "{{print print}}", "{{html .name}} {{js .name}} {{urlquery .name}}", "{{html}}{{html 1 \"<\" .null 2}}",
		"{{js \"a\\x7f\\xffb\\ufffd\\U000e0001\"}}", "{{html \"\\x00\"}}", "{{html nil}}{{html .missing}}", "{{html .list}}", "{{urlquery 1 2}}", "{{printf \"%d items\" (len .list) | html}}",
		// join
		"{{join \",\" .none}}|{{join \"-\" (slice .list 0 2)}}", "{{join \",\" .missing}}|{{join \",\" nil}}", "{{join \",\" .null}}", "{{join \",\" .id}}", "{{join 1 .list}}", "{{join .null .list}}", "{{join \",\" \"a\"}}", "{{.none | join \"x\"}}", "{{join \",\"}}", "{{(join \",\" .list).x}}",
		// what the parser refuses
		"{{", "{{.id", "{{end}}", "{{nofunc}}", "{{.id | }}", "{{| .id}}", "{{.id.}}", "{{$x = 1}}", "{{else}}", "{{range}}{{end}}", "{{1 | 2}}", "{{.id | 2}}", "{{\"a}}", "{{(1).x}}", "{{len}}", "{{.id | len | printf \"%03d\"}}",
	} {
		agree(t, text, templateData)
		agree(t, text, "null")
		agree(t, text, `["a", {"id": 1}]`)
	}
}

func TestTemplateErrorsHoldNoValue(t *testing.T) {
	for _, text := range []string{
		"{{range .secret}}{{end}}", "{{.secret.x}}", "{{eq .secret 1}}", "{{index .secret 99}}", "{{index . .secret .secret}}", "{{slice .secret 99}}", "{{len .n}}", "{{.secret .secret}}", "{{join .secret .secret}}", "{{lt .secret .list}}",
	} {
		p, err := compile(text)
		require.NoError(t, err, text)
		err = p.run(&bytes.Buffer{}, map[string]any{"secret": "s3cr3t", "list": []any{"s3cr3t"}})
		require.Error(t, err, text)
		assert.NotContains(t, err.Error(), "s3cr3t", text)
	}
}

// TestAnyTemplateIsThatOfGo makes templates of all that there is, right and wrong.
func TestAnyTemplateIsThatOfGo(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) { agree(t, "{{$v := .id}}"+someTemplate(t, 3, false), templateData) })
}

func pick(t *rapid.T, of ...string) string { return rapid.SampledFrom(of).Draw(t, "word") }

func someTemplate(t *rapid.T, depth int, inRange bool) string {
	var b strings.Builder
	for range rapid.IntRange(1, 3).Draw(t, "nodes") {
		pipe := somePipe(t, depth)
		kinds := []string{"text", "action", "action", "action", "set", "declare"}
		if depth > 0 {
			kinds = append(kinds, "if", "with", "range", "range", "ifelse", "withelse", "template")
		}
		if inRange {
			kinds = append(kinds, "break", "continue")
		}
		inner := func(r bool) string { return someTemplate(t, depth-1, r) }
		switch kind := pick(t, kinds...); kind {
		case "text":
			b.WriteString(pick(t, "text", " \n ", "{{/* c */}}", "é"))
		case "action":
			b.WriteString(pick(t, "{{", " {{- ") + pipe + pick(t, "}}", " -}} "))
		case "set":
			b.WriteString("{{$v = " + pipe + "}}")
		case "declare":
			b.WriteString("{{$v := " + pipe + "}}")
		case "if", "with":
			b.WriteString("{{" + kind + " " + pipe + "}}" + inner(inRange) + "{{end}}")
		case "ifelse":
			b.WriteString("{{if " + pipe + "}}" + inner(inRange) + "{{else}}" + inner(inRange) + "{{end}}")
		case "withelse":
			b.WriteString("{{with $v := " + pipe + "}}" + inner(inRange) + "{{else with " + somePipe(t, 1) + "}}" + inner(inRange) + "{{else}}z{{end}}")
		case "range":
			b.WriteString("{{range " + pick(t, "", "$v := ", "$k, $v := ", "$v = ") + pipe + "}}" + inner(true) + "{{else}}" + inner(inRange) + "{{end}}")
		case "template":
			name := fmt.Sprintf("t%d", rapid.IntRange(0, 1_000_000).Draw(t, "name"))
			b.WriteString("{{block \"" + name + "\" " + pipe + "}}{{$v := .}}" + inner(false) + "{{end}}")
		default:
			b.WriteString("{{if " + pipe + "}}{{" + kind + "}}{{end}}")
		}
	}
	return b.String()
}

func somePipe(t *rapid.T, depth int) string {
	cmds := make([]string, 0, 2)
	for range rapid.IntRange(1, 2).Draw(t, "commands") {
		cmds = append(cmds, someCommand(t, depth))
	}
	return strings.Join(cmds, " | ")
}

func someCommand(t *rapid.T, depth int) string {
	switch pick(t, "operand", "operand", "operand", "function", "function", "two") {
	case "operand":
		return someOperand(t, depth)
	case "two":
		return pick(t, "eq", "ne", "lt", "le", "gt", "ge", "index", "slice", "and", "or", "join", "printf", "print") + " " + someOperand(t, depth) + " " + someOperand(t, depth)
	}
	words := []string{pick(t, "and", "or", "not", "len", "index", "slice", "print", "println", "printf \"%v %s\"", "html", "js", "urlquery", "eq", "join \"+\"")}
	for range rapid.IntRange(0, 3).Draw(t, "arguments") {
		words = append(words, someOperand(t, depth))
	}
	return strings.Join(words, " ")
}

func someOperand(t *rapid.T, depth int) string {
	if depth > 0 && rapid.IntRange(0, 3).Draw(t, "nest") == 0 {
		return "(" + somePipe(t, depth-1) + ")" + pick(t, "", "", "", ".a", ".k.x")
	}
	return pick(t, ".", "$", "$v", "$v.a", ".id", ".name", ".empty", ".yes", ".no", ".null", ".n", ".half", ".list", ".none", ".obj", ".obj.a.x", ".obj.null", ".void", ".missing", ".missing.x",
		"$.list", "$.obj", "$.obj.n.Int64", "$.id", "1", "0", "2", "1.5", "'a'", "1i", `"b"`, `"a"`, `""`, "nil", "true", "false", "print")
}
