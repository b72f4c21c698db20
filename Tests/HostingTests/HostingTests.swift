import Testing
@testable import Hosting
