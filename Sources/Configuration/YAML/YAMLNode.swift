/// One value of a YAML document and where it stands.
struct YAMLNode: Sendable {
    let content: Content
    let mark: YAMLMark
    /// This node and all below it, whatever an alias repeats counted again.
    let size: Int

    indirect enum Content: Sendable {
        /// `isPlain`: written without quotes, so that `null` means null.
        case scalar(String, isPlain: Bool)
        case sequence([YAMLNode])
        case mapping([YAMLMember])
    }
}

struct YAMLMember: Sendable {
    let name: String
    let mark: YAMLMark
    let value: YAMLNode
}

/// A position, both counted from 1, the column in characters.
struct YAMLMark: Hashable, Sendable {
    let line: Int
    let column: Int
}

struct YAMLProblem: Error, Equatable {
    let mark: YAMLMark
    let message: String
}

extension YAMLNode {
    /// What a person would call it.
    var kind: String {
        switch content {
        case .scalar: isNull ? "null" : "a single value"
        case .sequence: "a list"
        case .mapping: "a map"
        }
    }

    /// An unquoted `null`, `~`, or nothing at all.
    var isNull: Bool {
        guard case .scalar(let text, isPlain: true) = content else { return false }
        return ["", "~", "null", "Null", "NULL"].contains(text)
    }
}
