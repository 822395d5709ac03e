#pragma once
// GNU gettext's compiled catalogues of messages (.mo): texts of a program and their translations.
//
// Format  28 bytes of header (magic 0x950412de, revision, number of messages, offsets of the two
//         tables), each table a length and an offset per text, all uint32, little-endian here; a
//         key is "context EOT text", EOT being byte 4; source: gettext's manual, "The Format of GNU
//         MO Files"
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace timetrial::transformer {

struct Message {
  std::string text, translation;
};

/// In the order of the file. The header (the message of the empty text) and messages with plural
/// forms are left out. `name` is the file's in messages; throws DataError for what is no such file.
std::vector<Message> parse_messages(std::string_view bytes, const std::string& name);

}  // namespace timetrial::transformer
