#pragma once
// Reads the GNU Collaborative International Dictionary of English (Debian package dict-gcide) and
// splits it into documents, one per entry.
//
// Format  gcide.index: text lines "headword TAB offset TAB length", both numbers in the dict
//         format's base 64 (A-Z a-z 0-9 + /, most significant digit first), several lines may name
//         one entry; gcide.dict.dz: the entries, gzip (dictzip adds a header field that zlib skips)
// Source  dictfmt(1), dictzip(1)
// Errors  DataError: one line with file, line, what was expected and the remedy
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace timetrial::lm {

/// The number in the dict format's base 64. Throws std::invalid_argument for anything else.
std::size_t parse_base64_number(std::string_view digits);

struct IndexRow {
  std::string headword;
  std::size_t offset = 0, length = 0;  ///< bytes of the unpacked dictionary
};

/// Rows in the order of the file. `name` is the file's name in messages.
std::vector<IndexRow> parse_index(std::string_view text, const std::string& name);

std::vector<IndexRow> read_index(const std::filesystem::path& file);

/// Lower case, runs of white space as one space.
std::string normalized_headword(std::string_view headword);

/// One entry as running text: source tags such as "[1913 Webster]" dropped, the lines of a
/// paragraph joined, runs of spaces squeezed, one line per paragraph, printable ASCII only.
std::string clean_entry(std::string_view raw);

enum class Part { training, validation, test };

/// By a 64-bit hash (FNV-1a) of the normalised headword, modulo 100: 0-4 validation, 5-9 test. All
/// entries of one headword land in one part.
Part part_of(std::string_view normalized);

struct Document {
  std::string headword;  ///< normalised; the one that the entry begins with
  std::string text;      ///< cleaned
};

/// The entries as documents, `name` the index's name in messages: the dictionary's description of
/// itself ("00-database-…") left out, an entry whose text another one has already given left out,
/// in the order of the headword's hash, so that alphabetical neighbours are apart and any stretch
/// is a random sample.
std::vector<Document> make_documents(const std::string& dictionary,
                                     const std::vector<IndexRow>& index, const std::string& name);

/// By the 64-bit hash of the headword, equal ones in their order.
void sort_by_hash(std::vector<Document>& documents);

/// The texts of one part, each followed by an empty line.
std::string join(const std::vector<Document>& documents, Part part);

}  // namespace timetrial::lm
