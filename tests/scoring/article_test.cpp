#include "scoring/article.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace timetrial::scoring {
namespace {

using testing::HasSubstr;
using testing::Not;

Article example() {
  TextTable table;
  table.id = "t";
  table.caption = "A caption.";
  table.columns = {{"Name"}, {"Value", true}};
  table.rows = {{{"a<b", {}}, {"2", 2.0}}};
  Scatter plot{.title = "A plot",
               .description = "d",
               .x = {"x", false},
               .y = {"y", false},
               .series = {{.name = "s", .points = {{1, 2}}}}};
  return {"A & B",
          {{.paragraphs = {"Words."}, .strong = "A verdict", .command = "timetrial x"},
           {.heading = "Found", .tables = {table}, .plots = {{"file", plot}}, .items = {"one"}}}};
}

TEST(Article, IsMarkdownWithPlotsBesideIt) {
  const auto text = to_markdown(example());
  EXPECT_TRUE(text.starts_with("# A & B\n"));
  EXPECT_THAT(text, HasSubstr("**A verdict**"));
  EXPECT_THAT(text, HasSubstr("```sh\ntimetrial x\n```"));
  EXPECT_THAT(text, HasSubstr("A caption."));
  EXPECT_THAT(text, HasSubstr("![A plot](file.svg)"));
  const auto files = plot_files(example());
  ASSERT_EQ(files.size(), 1U);
  EXPECT_EQ(files[0].first, "file.svg");
}

TEST(Article, IsOneHtmlFileInWhichNothingBecomesMarkup) {
  const auto text = to_html(example());
  EXPECT_THAT(text, HasSubstr("<title>A &amp; B</title>"));
  EXPECT_THAT(text, HasSubstr("a&lt;b"));
  EXPECT_THAT(text, HasSubstr("<svg"));
  EXPECT_THAT(text, Not(HasSubstr("<?xml")));
  EXPECT_EQ(text.find("A caption."), text.rfind("A caption.")) << "once";
}

TEST(Article, IsAlignedForATerminal) {
  const auto text = to_terminal(example());
  EXPECT_THAT(text, HasSubstr("Name  Value\n----  -----\na<b       2\n"));
  EXPECT_THAT(text, HasSubstr("- one\n"));
}

}  // namespace
}  // namespace timetrial::scoring
