package import Configuration

extension Log {
    /// The log the configuration asks for.
    package init(_ logging: OptimizerConfiguration.Logging) {
        let format: Format? =
            switch logging.format {
            case .auto: nil
            case .json: .json
            case .text: .text
            }
        self.init(minimum: Level(rawValue: logging.level.rawValue) ?? .info, format: format)
    }
}
