/// A text that may be a secret. However it is printed, only a text that is none shows.
package struct ProtectedText: Hashable, Sendable {
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
}

extension ProtectedText: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    package var description: String { isSecret ? "(hidden)" : exposed }
    package var debugDescription: String { "\"\(description)\"" }
    /// `dump` goes past `description` and reads the mirror.
    package var customMirror: Mirror { Mirror(self, children: ["text": description]) }
}
