#pragma once
// Reads the list of what the recordings of a telephone exchange say, and writes it the way it is
// spoken.
//
// Format  text lines "path: text", the path below the folder of recordings, without ".wav"; lines
//         that begin with ';' and empty ones say nothing
// Source  Debian package asterisk-core-sounds-en, /usr/share/doc/…/core-sounds-en.txt.gz

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace timetrial::asterisk {

struct Line {
  std::string path;  ///< such as "digits/day-0"
  std::string text;  ///< as listed: "Press 1 to reply."
};

/// In the order of the text. `name` is the file's name in messages. Throws DataError naming line,
/// expectation and remedy for a line without a colon, an empty side of it, or a path that comes
/// twice.
std::vector<Line> parse_list(std::string_view text, const std::string& name);

/// The words that are heard, in lower case letters, apostrophes and single spaces: "press one to
/// reply". Punctuation is dropped, a digit that stands alone becomes its word. Nothing where one
/// cannot tell what is said: notes in brackets, numbers of several digits, signs, or no word at
/// all.
std::optional<std::string> spoken(std::string_view text);

}  // namespace timetrial::asterisk
