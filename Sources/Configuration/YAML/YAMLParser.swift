import CYAML

/// libyaml's events, one by one, as values of our own.
///
/// Safety: libyaml keeps the address of its parser and of its input: both live exactly as long as `withEvents` runs, which
/// lends this value, and it cannot be copied.
@safe
struct YAMLParser: ~Copyable {
    private let parser: UnsafeMutablePointer<yaml_parser_t>
    private let input: UnsafeBufferPointer<UInt8>

    enum Event {
        case streamStart, documentStart, documentEnd, streamEnd
        case alias(String)
        case scalar(String, isPlain: Bool)
        case sequenceStart, sequenceEnd, mappingStart, mappingEnd
    }

    struct MarkedEvent {
        let event: Event
        let mark: YAMLMark
        let anchor: String?
        let hasTag: Bool
    }

    /// Hands a parser over these bytes, which must be UTF-8, to `body`.
    static func withEvents<Result>(
        of bytes: [UInt8], _ body: (borrowing YAMLParser) throws(YAMLProblem) -> Result
    ) throws(YAMLProblem) -> Result {
        let parser = UnsafeMutablePointer<yaml_parser_t>.allocate(capacity: 1)
        defer { unsafe parser.deallocate() }
        guard unsafe yaml_parser_initialize(parser) == 1 else { throw .outOfMemory }
        defer { unsafe yaml_parser_delete(parser) }
        let outcome = unsafe bytes.withUnsafeBufferPointer { input in
            unsafe yaml_parser_set_encoding(parser, YAML_UTF8_ENCODING)
            unsafe yaml_parser_set_input_string(parser, input.baseAddress, input.count)
            let events = unsafe YAMLParser(parser: parser, input: input)
            do throws(YAMLProblem) { return Swift.Result<Result, YAMLProblem>.success(try body(events)) } catch {
                return .failure(error)
            }
        }
        return try outcome.get()
    }

    func next() throws(YAMLProblem) -> MarkedEvent {
        var event = unsafe yaml_event_t()
        guard unsafe yaml_parser_parse(parser, &event) == 1 else { throw problem() }
        defer { unsafe yaml_event_delete(&event) }
        let mark = unsafe YAMLMark(event.start_mark)
        func marked(_ kind: Event, anchor: UnsafePointer<UInt8>? = nil, tag: UnsafePointer<UInt8>? = nil) -> MarkedEvent
        {
            unsafe MarkedEvent(
                event: kind, mark: mark, anchor: anchor.map { unsafe String(cString: $0) }, hasTag: unsafe tag != nil)
        }
        switch unsafe event.type {
        case YAML_STREAM_START_EVENT: return marked(.streamStart)
        case YAML_DOCUMENT_START_EVENT: return marked(.documentStart)
        case YAML_DOCUMENT_END_EVENT: return marked(.documentEnd)
        case YAML_ALIAS_EVENT: return unsafe marked(.alias(String(cString: event.data.alias.anchor)))
        case YAML_SCALAR_EVENT:
            let scalar = unsafe event.data.scalar
            let text = unsafe String(
                decoding: UnsafeBufferPointer(start: scalar.value, count: scalar.length), as: UTF8.self)
            let isPlain = unsafe scalar.style == YAML_PLAIN_SCALAR_STYLE
            return unsafe marked(.scalar(text, isPlain: isPlain), anchor: scalar.anchor, tag: scalar.tag)
        case YAML_SEQUENCE_START_EVENT:
            let start = unsafe event.data.sequence_start
            return unsafe marked(.sequenceStart, anchor: start.anchor, tag: start.tag)
        case YAML_SEQUENCE_END_EVENT: return marked(.sequenceEnd)
        case YAML_MAPPING_START_EVENT:
            let start = unsafe event.data.mapping_start
            return unsafe marked(.mappingStart, anchor: start.anchor, tag: start.tag)
        case YAML_MAPPING_END_EVENT: return marked(.mappingEnd)
        default: return marked(.streamEnd)
        }
    }

    /// What libyaml found wrong, in words that help.
    private func problem() -> YAMLProblem {
        let state = unsafe parser.pointee
        guard unsafe state.error != YAML_MEMORY_ERROR else { return .outOfMemory }
        let problem = unsafe state.problem.map { unsafe String(cString: $0) } ?? "it cannot be read"
        if unsafe state.error == YAML_READER_ERROR {
            let mark = unsafe YAMLMark(ofByte: state.problem_offset, in: input.span)
            return YAMLProblem(mark: mark, message: "broken YAML: \(problem)")
        }
        let mark = unsafe YAMLMark(state.problem_mark)
        if unsafe isTab(at: state.problem_mark.index) {
            return YAMLProblem(mark: mark, message: "a tab; YAML is indented with spaces")
        }
        let context = unsafe state.context.map { unsafe String(cString: $0) + ": " } ?? ""
        return YAMLProblem(mark: mark, message: "broken YAML: \(context)\(problem)\(advice(for: problem))")
    }

    private func advice(for problem: String) -> String {
        switch problem {
        case "mapping values are not allowed in this context":
            "; there is a \": \" too many (quote a text that holds one) or the indentation differs"
        case "did not find expected key", "could not find expected ':'":
            "; check the indentation, and that a colon and a space follow each key"
        case "found character that cannot start any token": "; quote a text that begins with it"
        default: ""
        }
    }

    /// libyaml's index counts characters, not bytes.
    private func isTab(at index: Int) -> Bool {
        var characters = -1
        let bytes = unsafe input.span
        for position in bytes.indices {
            let byte = bytes[position]
            if byte & 0xC0 != 0x80 { characters += 1 }
            if characters == index { return byte == 0x09 }
        }
        return false
    }
}

extension YAMLMark {
    init(_ mark: yaml_mark_t) {
        self.init(line: Int(mark.line) + 1, column: Int(mark.column) + 1)
    }

    /// Where a byte stands; what lies before it must be UTF-8.
    init(ofByte offset: Int, in bytes: Span<UInt8>) {
        var line = 1
        var column = 1
        for index in 0..<min(offset, bytes.count) {
            if bytes[index] == 0x0A {
                line += 1
                column = 1
            } else if bytes[index] & 0xC0 != 0x80 {
                column += 1
            }
        }
        self.init(line: line, column: column)
    }
}

extension YAMLProblem {
    static let outOfMemory = YAMLProblem(mark: YAMLMark(line: 1, column: 1), message: "there is not enough memory")
}
