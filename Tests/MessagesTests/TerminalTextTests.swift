import Testing

@testable import Messages

@Suite struct TerminalTextTests {
    @Test(
        arguments: [
            ("\u{1B}[2J\u{1B}[Hx", #"\u{1B}[2J\u{1B}[Hx"#), ("a\r\nb\tc\u{0}", #"a\u{D}\u{A}b\u{9}c\u{0}"#),
            ("\u{7F}\u{9B}2J\u{85}", #"\u{7F}\u{9B}2J\u{85}"#), ("a\u{2028}b\u{2029}", #"a\u{2028}b\u{2029}"#),
            ("\u{202E}txt\u{2066}\u{200F}\u{61C}", #"\u{202E}txt\u{2066}\u{200F}\u{61C}"#),
        ])
    func whatActsOnATerminalIsSpeltOut(text: String, shown: String) {
        #expect(text.escapedForTerminal == shown)
    }

    /// Letters of any script, what joins them, and a backslash are text.
    @Test(arguments: ["", "plain", "Zürich 東京 مرحبا 👩‍💻 e\u{301}", #"C:\u{1B}\n "q""#])
    func whatIsOnlyReadStaysAsItIs(text: String) {
        #expect(text.escapedForTerminal == text)
    }

    @Test func aDocumentStaysTheSame() throws {
        let document = Array("{\"a\": \"\u{9B}2J\u{7F}\u{202E}x\u{2028} Zürich 👩‍💻\",\n\"b\":\"\\u001b\"}".utf8)
        let escaped = document.escapedJSONForTerminal
        #expect(
            String(decoding: escaped, as: UTF8.self)
                == "{\"a\": \"\\u009B2J\\u007F\\u202Ex\\u2028 Zürich 👩‍💻\",\n\"b\":\"\\u001b\"}")
        #expect(try JSONValue.parse(escaped) == JSONValue.parse(document))
    }

    @Test func noScalarThatIsAControlIsLeft() {
        for value in UInt32(0)...0x3000 {
            guard let scalar = Unicode.Scalar(value) else { continue }
            let shown = String(scalar).escapedForTerminal
            #expect(!shown.unicodeScalars.contains { $0.properties.generalCategory == .control })
        }
    }
}
