#pragma once
// SVG text in which nothing that a name holds can become markup.
//
//   SvgWriter svg;
//   svg.open("g", {{"class", "series s0"}});
//   svg.leaf("circle", {{"cx", 10.0}, {"r", 3.0}}, "adamw: 57 % within 1.32×");  // says so on
//   hover svg.text({{"x", 4.0}, {"y", 12.0}}, "adamw"); svg.close(); svg.take();
//
// Numbers  a tenth of a pixel
// Text     valid UTF-8 without control characters; whatever is not becomes U+FFFD

#include <string>
#include <string_view>
#include <vector>

namespace timetrial::scoring {

/// Text for XML and HTML, as content or inside double quotes.
std::string markup_escaped(std::string_view text);

/// "12.3", "12"; never "-0".
std::string coordinate(double value);

struct Attribute {
  Attribute(std::string_view of, std::string_view is) : name(of), value(is) {}
  Attribute(std::string_view of, double is) : name(of), value(coordinate(is)) {}

  std::string_view name;
  std::string value;
};

class SvgWriter {
 public:
  using Attributes = std::vector<Attribute>;

  void open(std::string_view tag, const Attributes& attributes);
  void close();  ///< the element opened last
  /// An element without content, or with a title alone: what it says on hover.
  void leaf(std::string_view tag, const Attributes& attributes, std::string_view title = {});
  void text(const Attributes& attributes, std::string_view content);
  /// Any element that holds only text.
  void element(std::string_view tag, const Attributes& attributes, std::string_view content);
  /// Puts in text as it is: a style sheet, another plot.
  void raw(std::string_view text);
  /// All that was written; every element must be closed.
  std::string take();

 private:
  void start(std::string_view tag, const Attributes& attributes);

  std::string text_;
  std::vector<std::string> open_;
};

}  // namespace timetrial::scoring
