#pragma once
// Reads XML as far as well-formedness goes: for tests of what writes it.

#include <map>
#include <string>
#include <vector>

namespace timetrial::test {

struct XmlElement {
  std::string name;
  std::map<std::string, std::string> attributes;  ///< entities replaced
  std::string text;                               ///< its own, entities replaced
  std::vector<XmlElement> children;

  /// All elements of that name below this one.
  std::vector<const XmlElement*> all(const std::string& of) const;
};

/// The root. Throws std::runtime_error with the place of what is not well-formed: tags that do not
/// match, attributes without quotes or twice, bare '<' or '&', a second root.
XmlElement read_xml(const std::string& text);

}  // namespace timetrial::test
