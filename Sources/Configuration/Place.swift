/// The exact spot a value came from.
struct Place: Hashable, Sendable {
    let origin: ConfigurationOrigin
    var line: Int?
    var column: Int?

    static let defaults = Place(origin: .defaults)

    func problem(_ message: String) -> ConfigurationProblem {
        ConfigurationProblem(origin: origin, line: line, column: column, message: message)
    }
}

/// Which key was given where. Two configurations that say the same from different places are equal, so this is always
/// equal to another of its kind.
struct Places: Equatable, Sendable {
    private var places: [String: Place] = [:]

    subscript(path: String) -> Place? {
        get { places[path] }
        set { places[path] = newValue }
    }

    static func == (_: Places, _: Places) -> Bool { true }
}
