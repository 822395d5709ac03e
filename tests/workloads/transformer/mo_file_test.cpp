// Catalogues of messages, written byte by byte here.
#include "workloads/transformer/mo_file.h"

#include <gmock/gmock.h>

#include <cstdint>

#include "workloads/workload.h"

namespace timetrial::transformer {
namespace {

using testing::HasSubstr;

void append_number(std::uint32_t value, std::string& bytes) {
  for (int i = 0; i < 4; ++i) bytes += static_cast<char>(value >> (8 * i) & 0xff);
}

/// A catalogue of these keys and translations, as msgfmt lays it out.
std::string catalogue(const std::vector<std::pair<std::string, std::string>>& entries) {
  std::string tables[2], texts;
  const std::size_t begin = 28 + 16 * entries.size();
  for (const auto& [key, translation] : entries) {
    int side = 0;
    for (const std::string& text : {key, translation}) {
      append_number(static_cast<std::uint32_t>(text.size()), tables[side]);
      append_number(static_cast<std::uint32_t>(begin + texts.size()), tables[side++]);
      texts += text + '\0';
    }
  }
  std::string bytes;
  const auto count = static_cast<std::uint32_t>(entries.size());
  for (const std::uint32_t n : {0x950412deu, 0u, count, 28u, 28 + 8 * count, 0u, 0u}) {
    append_number(n, bytes);
  }
  return bytes + tables[0] + tables[1] + texts;
}

TEST(MoFile, GivesTextsWithoutTheirContext) {
  const auto messages =
      parse_messages(catalogue({{"menu\4_File", "_Datei"}, {"Plain", "Schlicht"}}), "some.mo");
  ASSERT_EQ(messages.size(), 2u);
  EXPECT_EQ(messages[0].text, "_File");
  EXPECT_EQ(messages[0].translation, "_Datei");
  EXPECT_EQ(messages[1].text, "Plain");
  EXPECT_EQ(messages[1].translation, "Schlicht");
}

TEST(MoFile, LeavesOutTheHeaderAndPlurals) {
  using namespace std::string_literals;
  const auto messages = parse_messages(
      catalogue({{"", "Content-Type: text/plain"}, {"a file\0files"s, "Datei\0Dateien"s}}),
      "some.mo");
  EXPECT_TRUE(messages.empty());
}

TEST(MoFile, RefusesWhatIsNoCatalogue) {
  const std::string good = catalogue({{"One", "Eins"}});
  std::string beyond = good;
  beyond[28] = 100;  // the length of the first text
  std::string tables = good;
  tables[12] = 120;  // where the table of texts is
  std::string shared = catalogue({{std::string(99, 'a'), "b"}, {"c", "d"}});
  shared.replace(36, 8, shared, 28, 8);  // the second text is the first
  struct Case {
    std::string bytes;
    const char* message;
  };
  const Case cases[] = {
      {"", "some.mo: not a catalogue of messages (.mo): does not begin as one"},
      {"a text that is no catalogue", "does not begin as one"},
      {beyond, "the text of 100 bytes at byte 44 goes beyond its 53 bytes"},
      {tables, "it has 53 bytes, expected a number at byte 120"},
      {shared, "its texts are longer than the file"},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.message);
    try {
      parse_messages(c.bytes, "some.mo");
      FAIL() << "accepted";
    } catch (const workloads::DataError& error) {
      EXPECT_THAT(error.what(), HasSubstr(c.message));
      EXPECT_THAT(error.what(), HasSubstr("scripts/setup.sh"));
    }
  }
}

}  // namespace
}  // namespace timetrial::transformer
