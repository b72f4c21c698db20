/// A text that may be a secret. However it is printed, only a text that is none shows.
package struct ProtectedText: Sendable {
    /// The text itself, for whoever has to hand it on. Not for logs.
    package let exposed: String
    package let isSecret: Bool
    /// Where it was read from; nil where it stands in the configuration itself.
    package let file: String?

    package init(_ exposed: String, isSecret: Bool, file: String? = nil) {
        self.exposed = exposed
        self.isSecret = isSecret
        self.file = file
    }

    /// Whether a file with these bytes is read as this text where `file:/path` names it.
    package func isHeld(by bytes: [UInt8]) -> Bool {
        ValueExpansion.text(of: bytes).map { $0.utf8.elementsEqual(exposed.utf8) } ?? false
    }
}

/// Wherever it was read from: a text that another file holds as well is no other.
extension ProtectedText: Hashable {
    package static func == (one: ProtectedText, other: ProtectedText) -> Bool {
        one.exposed == other.exposed && one.isSecret == other.isSecret
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(exposed)
        hasher.combine(isSecret)
    }
}

extension ProtectedText: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    package var description: String { isSecret ? "(hidden)" : exposed }
    package var debugDescription: String { "\"\(description)\"" }
    /// `dump` goes past `description` and reads the mirror.
    package var customMirror: Mirror { Mirror(self, children: ["text": description]) }
}
