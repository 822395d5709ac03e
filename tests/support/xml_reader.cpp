#include "tests/support/xml_reader.h"

#include <cctype>
#include <stdexcept>
#include <string_view>

namespace timetrial::test {
namespace {

class Reader {
 public:
  explicit Reader(const std::string& text) : text_(text) {}

  XmlElement root() {
    if (looking_at("<?xml ")) at_ = text_.find("?>") + 2;
    space();
    auto element = read_element();
    space();
    if (at_ != text_.size()) fail("text after the root");
    return element;
  }

 private:
  [[noreturn]] void fail(const std::string& what) const {
    throw std::runtime_error(what + " at byte " + std::to_string(at_) + ": " +
                             text_.substr(at_, 40));
  }
  bool looking_at(std::string_view what) const {
    return text_.compare(at_, what.size(), what) == 0;
  }
  char next() {
    if (at_ >= text_.size()) fail("end of text");
    return text_[at_++];
  }
  void expect(std::string_view what) {
    if (!looking_at(what)) fail("expected " + std::string(what));
    at_ += what.size();
  }
  void space() {
    while (at_ < text_.size() && std::isspace(static_cast<unsigned char>(text_[at_])) != 0) ++at_;
  }

  std::string read_name() {
    const std::size_t from = at_;
    while (std::isalnum(static_cast<unsigned char>(text_.at(at_))) != 0 || text_[at_] == '-') ++at_;
    if (at_ == from) fail("expected a name");
    return text_.substr(from, at_ - from);
  }

  /// One character or entity.
  std::string read_character() {
    if (text_[at_] != '&') return {next()};
    static const std::map<std::string, std::string> kEntities = {
        {"&amp;", "&"}, {"&lt;", "<"}, {"&gt;", ">"}, {"&quot;", "\""}};
    const std::string entity = text_.substr(at_, text_.find(';', at_) + 1 - at_);
    const auto found = kEntities.find(entity);
    if (found == kEntities.end()) fail("an unknown entity");
    at_ += entity.size();
    return found->second;
  }

  void read_attribute(XmlElement& element) {
    const auto name = read_name();
    expect("=\"");
    std::string value;
    while (!looking_at("\"")) {
      if (looking_at("<")) fail("a bare <");
      value += read_character();
    }
    expect("\"");
    if (!element.attributes.emplace(name, value).second) fail("an attribute twice");
  }

  XmlElement read_element() {
    XmlElement element;
    expect("<");
    element.name = read_name();
    for (space(); !looking_at(">") && !looking_at("/>"); space()) read_attribute(element);
    if (looking_at("/>")) {
      expect("/>");
      return element;
    }
    expect(">");
    while (!looking_at("</")) {
      if (looking_at("<")) {
        element.children.push_back(read_element());
      } else {
        if (at_ >= text_.size()) fail("end of text");
        element.text += read_character();
      }
    }
    expect("</" + element.name + ">");
    return element;
  }

  const std::string& text_;
  std::size_t at_ = 0;
};

}  // namespace

std::vector<const XmlElement*> XmlElement::all(const std::string& of) const {
  std::vector<const XmlElement*> found;
  for (const auto& child : children) {
    if (child.name == of) found.push_back(&child);
    const auto below = child.all(of);
    found.insert(found.end(), below.begin(), below.end());
  }
  return found;
}

XmlElement read_xml(const std::string& text) { return Reader(text).root(); }

}  // namespace timetrial::test
