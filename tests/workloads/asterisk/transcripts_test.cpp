#include "workloads/asterisk/transcripts.h"

#include "workloads/workload.h"

#include <gmock/gmock.h>

namespace timetrial::asterisk {
namespace {

using testing::HasSubstr;

std::string refusal(std::string_view text) {
  try {
    parse_list(text, "list.txt.gz");
  } catch (const workloads::DataError& error) {
    return error.what();
  }
  return "accepted";
}

TEST(Transcripts, AListIsPathsAndTextsBetweenComments) {
  const auto lines = parse_list(
      "; Core sounds\n\nadded: Added.\r\n  digits/oclock : o'clock\nnote: at 9: begin\n; end",
      "list.txt.gz");
  ASSERT_EQ(lines.size(), 3u);
  EXPECT_EQ(lines[0].path, "added");
  EXPECT_EQ(lines[0].text, "Added.");
  EXPECT_EQ(lines[1].path, "digits/oclock");
  EXPECT_EQ(lines[1].text, "o'clock");
  EXPECT_EQ(lines[2].text, "at 9: begin");
}

TEST(Transcripts, MalformedLinesAreRefusedByNumber) {
  EXPECT_THAT(refusal("a: b\n\nno colon here\n"),
              HasSubstr("list.txt.gz:3: \"no colon here\"; expected \"path: text\"; unpack"));
  EXPECT_THAT(refusal(": text"), HasSubstr("list.txt.gz:1: \": text\"; expected"));
  EXPECT_THAT(refusal("path:"), HasSubstr("list.txt.gz:1: \"path:\"; expected"));
  EXPECT_THAT(refusal("a: b\na: c\n"), HasSubstr("list.txt.gz:2: \"a: c\" comes twice"));
}

TEST(Transcripts, SpokenIsWhatIsHeard) {
  struct Case {
    const char* text;
    const char* words;
  };
  for (const Case& one : {
           Case{"Activated.", "activated"},
           {"A.M.", "a m"},
           {"o'clock", "o'clock"},
           {"Please re-enter, then  wait...", "please re enter then wait"},
           {"press 1 to reply, or 2.", "press one to reply or two"},
           {"0", "zero"},
           {"... using \"star\"!", "using star"},
           {"folder 9", "folder nine"},
       }) {
    SCOPED_TRACE(one.text);
    EXPECT_EQ(spoken(one.text), one.words);
  }
}

TEST(Transcripts, SpokenSaysNothingWhereOneCannotTell) {
  for (const char* text :
       {"[ascending tones]", "(1 second of silence)", "<beep ascending>", "dial 500 now",
        "3D audio enabled", "H.323", "28.8 kilobit", "press * or #", "caf\xC3\xA9", "...", ""}) {
    SCOPED_TRACE(text);
    EXPECT_FALSE(spoken(text).has_value());
  }
}

}  // namespace
}  // namespace timetrial::asterisk
