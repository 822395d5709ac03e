// Paragraphs of help pages, above all that markup and what has no id stay out.
#include "workloads/transformer/help_page.h"

#include <gtest/gtest.h>

namespace timetrial::transformer {
namespace {

using Paragraphs = std::map<std::string, std::string>;

TEST(HelpPage, TakesParagraphsAndHeadingsWithAnId) {
  EXPECT_EQ(paragraphs("<body><h1 id=\"hd_1\" dir=\"auto\">Title</h1><p id=\"par_2\">A text.</p>"
                       "<p class=\"embedded\">no id</p><h6 id=\"hd_3\">Small</h6>"
                       "<pre id=\"no\">code</pre><header id=\"top\">menu</header></body>"),
            (Paragraphs{{"hd_1", "Title"}, {"par_2", "A text."}, {"hd_3", "Small"}}));
}

TEST(HelpPage, TextIsWithoutTagsAndExtraSpace) {
  EXPECT_EQ(paragraphs("<p class=\"x\" id=\"a\">\n  The <span class=\"emph\">Frame</span>\n bar,"
                       "\t<a href=\"b.html\">see</a>  there. </p>")
                .at("a"),
            "The Frame bar, see there.");
}

TEST(HelpPage, EntitiesAreDecodedOnce) {
  EXPECT_EQ(paragraphs("<p id=\"a\">1 &lt; 2 &amp;&amp; x &gt; &amp;lt; &uml;</p>").at("a"),
            "1 < 2 && x > &lt; &uml;");
}

TEST(HelpPage, OfARepeatedIdTheFirstCounts) {
  EXPECT_EQ(paragraphs("<p id=\"a\">one</p><p id=\"a\">two</p>"), (Paragraphs{{"a", "one"}}));
}

TEST(HelpPage, DamagedPagesGiveWhatIsWhole) {
  EXPECT_TRUE(paragraphs("").empty());
  EXPECT_TRUE(paragraphs("<p id=\"a\">no end").empty());
  EXPECT_TRUE(paragraphs("<p id=\"a").empty());
  EXPECT_EQ(paragraphs("<p id=\"a\">text <b</p>").at("a"), "text");
  // A paragraph within another is its text: thousands would hold the rest of the page each.
  EXPECT_EQ(paragraphs("<p id=\"a\">one <p id=\"b\">two</p><h1 id=\"c\">3</h1>"),
            (Paragraphs{{"a", "one two"}, {"c", "3"}}));
}

}  // namespace
}  // namespace timetrial::transformer
