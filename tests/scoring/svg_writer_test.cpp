#include "scoring/svg_writer.h"

#include "tests/support/xml_reader.h"

#include <gtest/gtest.h>

#include <stdexcept>

namespace timetrial::scoring {
namespace {

TEST(MarkupEscaped, KeepsTextAndReplacesWhatIsNone) {
  struct Case {
    std::string text, escaped;
  };
  const Case cases[] = {{"plain ≥ 1.00×", "plain ≥ 1.00×"},
                        {"<b>&\"", "&lt;b&gt;&amp;&quot;"},
                        {"\xff\xfe|", "\xEF\xBF\xBD\xEF\xBF\xBD|"},
                        {"cut \xE2\x89", "cut \xEF\xBF\xBD\xEF\xBF\xBD"},
                        {"\xC0\xAF", "\xEF\xBF\xBD\xEF\xBF\xBD"},  // an overlong slash
                        {"\xED\xA0\x80", "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD"},  // a surrogate
                        {"\xF0\x9F\x8E\x89", "\xF0\x9F\x8E\x89"},
                        {std::string("a\0b\x1b", 4),
                         "a\xEF\xBF\xBD"
                         "b\xEF\xBF\xBD"}};
  for (const auto& c : cases) {
    SCOPED_TRACE(c.text);
    EXPECT_EQ(markup_escaped(c.text), c.escaped);
  }
}

TEST(Coordinate, IsATenthOfAPixel) {
  EXPECT_EQ(coordinate(12.34), "12.3");
  EXPECT_EQ(coordinate(12.04), "12");
  EXPECT_EQ(coordinate(-0.04), "0");
  EXPECT_EQ(coordinate(-1.5), "-1.5");
}

TEST(SvgWriter, WritesWhatAReaderReadsBack) {
  SvgWriter svg;
  const std::string hostile = "\"/><script>&amp;</script>";
  svg.open("svg", {{"width", 10.0}, {"class", hostile}});
  svg.leaf("circle", {{"r", 3.5}}, hostile);
  svg.leaf("rect", {});
  svg.text({{"x", 1.0}}, hostile);
  svg.close();
  const auto root = test::read_xml(svg.take());
  EXPECT_EQ(root.attributes.at("width"), "10");
  EXPECT_EQ(root.attributes.at("class"), hostile);
  ASSERT_EQ(root.children.size(), 3u);
  EXPECT_EQ(root.children[0].attributes.at("r"), "3.5");
  EXPECT_EQ(root.children[0].children[0].text, hostile);
  EXPECT_EQ(root.children[2].text, hostile);
}

TEST(XmlReader, RefusesWhatIsNotWellFormed) {
  for (const char* text : {"<a><b></a></b>", "<a x=1/>", "<a x=\"1\" x=\"2\"/>", "<a>&nbsp;</a>",
                           "<a x=\"<\"/>", "<a/><b/>", "<a>"}) {
    SCOPED_TRACE(text);
    EXPECT_THROW(test::read_xml(text), std::runtime_error);
  }
}

}  // namespace
}  // namespace timetrial::scoring
