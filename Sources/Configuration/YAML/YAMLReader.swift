/// Builds the tree of one document, within bounds that no sensible configuration comes near.
///
/// What leaves the rest readable (a key twice, a tag, an unknown alias) is collected; what does not is thrown.
struct YAMLReader {
    static let maximumBytes = 1 << 20
    static let maximumDepth = 32
    /// Nodes with every alias written out: a few lines of aliases can stand for billions.
    static let maximumNodes = 20_000

    private(set) var problems: [YAMLProblem] = []
    private var anchors: [String: YAMLNode] = [:]
    private var nodes = 0

    /// The document, nil where there is nothing but comments, and what is wrong with it.
    static func read(_ bytes: [UInt8]) -> (document: YAMLNode?, problems: [YAMLProblem]) {
        guard !bytes.isEmpty else { return (nil, []) }
        do throws(YAMLProblem) {
            try checkText(bytes)
            return try YAMLParser.withEvents(of: bytes) { parser throws(YAMLProblem) in
                var reader = YAMLReader()
                let document = try reader.readStream(parser)
                return (document, reader.problems)
            }
        } catch {
            return (nil, [error])
        }
    }

    private static func checkText(_ bytes: [UInt8]) throws(YAMLProblem) {
        guard bytes.count <= maximumBytes else {
            throw YAMLProblem(
                mark: YAMLMark(line: 1, column: 1),
                message: "the file has \(bytes.count) bytes, more than \(maximumBytes): it is no configuration")
        }
        do {
            _ = try UTF8Span(validating: bytes.span)
        } catch {
            let mark = YAMLMark(ofByte: error.byteOffsets.lowerBound, in: bytes.span)
            throw YAMLProblem(mark: mark, message: "invalid UTF-8; save the file as UTF-8")
        }
    }

    private mutating func readStream(_ parser: borrowing YAMLParser) throws(YAMLProblem) -> YAMLNode? {
        _ = try parser.next()
        guard case .documentStart = try parser.next().event else { return nil }
        let document = try readNode(try parser.next(), parser, depth: 0)
        _ = try parser.next()
        let rest = try parser.next()
        if case .documentStart = rest.event {
            problems.append(YAMLProblem(mark: rest.mark, message: "a second document; the configuration is one"))
        }
        return document
    }

    private mutating func readNode(
        _ first: YAMLParser.MarkedEvent, _ parser: borrowing YAMLParser, depth: Int
    ) throws(YAMLProblem) -> YAMLNode {
        guard depth <= Self.maximumDepth else {
            throw YAMLProblem(mark: first.mark, message: "more than \(Self.maximumDepth) levels deep")
        }
        if case .alias(let name) = first.event { return try resolve(name, at: first.mark) }
        try count(1, at: first.mark)
        if first.hasTag {
            problems.append(YAMLProblem(mark: first.mark, message: "a tag (\"!…\"); write the value without it"))
        }
        let node: YAMLNode
        switch first.event {
        case .sequenceStart: node = try readSequence(at: first.mark, parser, depth: depth)
        case .mappingStart: node = try readMapping(at: first.mark, parser, depth: depth)
        case .scalar(let text, let isPlain):
            node = YAMLNode(content: .scalar(text, isPlain: isPlain), mark: first.mark, size: 1)
        default: throw YAMLProblem(mark: first.mark, message: "broken YAML: a value was expected")
        }
        if let anchor = first.anchor { anchors[anchor] = node }
        return node
    }

    private mutating func readSequence(
        at mark: YAMLMark, _ parser: borrowing YAMLParser, depth: Int
    ) throws(YAMLProblem) -> YAMLNode {
        var elements: [YAMLNode] = []
        var size = 1
        while true {
            let event = try parser.next()
            if case .sequenceEnd = event.event { break }
            let element = try readNode(event, parser, depth: depth + 1)
            size += element.size
            elements.append(element)
        }
        return YAMLNode(content: .sequence(elements), mark: mark, size: size)
    }

    private mutating func readMapping(
        at mark: YAMLMark, _ parser: borrowing YAMLParser, depth: Int
    ) throws(YAMLProblem) -> YAMLNode {
        var members: [YAMLMember] = []
        var marks: [String: YAMLMark] = [:]
        var size = 1
        while true {
            let event = try parser.next()
            if case .mappingEnd = event.event { break }
            let key = try readNode(event, parser, depth: depth + 1)
            let value = try readNode(try parser.next(), parser, depth: depth + 1)
            size += key.size + value.size
            guard case .scalar(let name, _) = key.content else {
                problems.append(YAMLProblem(mark: event.mark, message: "\(key.kind) as a key; keys are names"))
                continue
            }
            if let first = marks[name] {
                problems.append(
                    YAMLProblem(
                        mark: event.mark,
                        message: "\"\(name)\" stands here a second time, first on line \(first.line); keep one of them")
                )
                continue
            }
            marks[name] = event.mark
            members.append(YAMLMember(name: name, mark: event.mark, value: value))
        }
        return YAMLNode(content: .mapping(members), mark: mark, size: size)
    }

    private mutating func resolve(_ name: String, at mark: YAMLMark) throws(YAMLProblem) -> YAMLNode {
        guard let node = anchors[name] else {
            problems.append(YAMLProblem(mark: mark, message: "*\(name) has no &\(name) before it"))
            try count(1, at: mark)
            return YAMLNode(content: .scalar("", isPlain: false), mark: mark, size: 1)
        }
        try count(node.size, at: mark)
        return node
    }

    private mutating func count(_ more: Int, at mark: YAMLMark) throws(YAMLProblem) {
        nodes += more
        guard nodes <= Self.maximumNodes else {
            throw YAMLProblem(
                mark: mark, message: "more than \(Self.maximumNodes) values, aliases counted: it is no configuration")
        }
    }
}
