import Testing

@testable import Configuration

struct YAMLTests {
    @Test(arguments: [
        ("a: 1\nb: 2\na: 3", "test.yml:3:1: \"a\" stands here a second time, first on line 1; keep one of them"),
        ("pool: *nowhere", "test.yml:1:7: *nowhere has no &nowhere before it"),
        ("data: { root: !!str x }", "test.yml:1:15: a tag (\"!…\"); write the value without it"),
        ("? [a]\n: b", "test.yml:1:3: a list as a key; keys are names"),
        ("pool: {}\n---\npool: {}", "test.yml:2:1: a second document; the configuration is one"),
        ("pool:\n\tmaxConcurrentStrategies: 5", "test.yml:2:1: a tab; YAML is indented with spaces"),
        ("pool: {", "test.yml:2:1: broken YAML: while parsing a flow node: did not find expected node content"),
        (
            "data:\n  root: a: b",
            "test.yml:2:10: broken YAML: mapping values are not allowed in this context; there is a \": \" too many (quote a text that holds one) or the indentation differs"
        ),
        ("data:\n  root: \u{1}", "test.yml:2:9: broken YAML: control characters are not allowed"),
    ])
    func brokenYAMLIsNamedWithItsPlace(yaml: String, expected: String) {
        #expect(problems(yaml).contains(expected), "\(problems(yaml))")
    }

    @Test func columnsCountCharacters() {
        #expect(problems("data: { root: \"äöü€𝄞\", x: 1 }").first?.hasPrefix("test.yml:1:24: ") == true)
    }

    @Test func invalidUTF8IsNamedWithItsPlace() {
        #expect(
            problems(Array("pool: {}\n# ä".utf8) + [0xFF]) == ["test.yml:2:4: invalid UTF-8; save the file as UTF-8"])
        #expect(problems([0xFF, 0xFE, 0x61, 0x00]) == ["test.yml:1:1: invalid UTF-8; save the file as UTF-8"])
    }

    @Test func aByteOrderMarkIsNoPartOfTheFirstKey() throws {
        #expect(try configuration("\u{FEFF}data: { root: x }").data.root == "x")
    }

    @Test func anAliasRepeatsItsAnchor() throws {
        let read = try configuration("kafka: { topics: { requests: &t x, results: y }, groupId: *t }")
        #expect(read.kafka.groupId == "x")
    }

    @Test func aBombOfAliasesIsRefused() {
        var yaml = "a0: &a0 [x, x]\n"
        for level in 1...60 { yaml += "a\(level): &a\(level) [*a\(level - 1), *a\(level - 1)]\n" }
        #expect(
            problems(yaml).contains { $0.hasSuffix("more than 20000 values, aliases counted: it is no configuration") })
    }

    @Test func depthIsBounded() {
        for opening in ["[", "{a: ", "- "] {
            let found = problems(String(repeating: opening, count: 100_000))
            #expect(found.count == 1 && found[0].hasSuffix("more than 32 levels deep"), "\(found)")
        }
    }

    @Test func sizeIsBounded() {
        let found = problems(String(repeating: "#", count: YAMLReader.maximumBytes + 1))
        #expect(found.count == 1 && found[0].hasSuffix("it is no configuration"))
    }

    @Test func aHalfWrittenDocumentSaysNothingOfItsContent() {
        #expect(problems("limitz: 1\nnode: [").count == 1)
    }
}
