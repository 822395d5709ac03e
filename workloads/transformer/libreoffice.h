#pragma once
// German and English texts of LibreOffice as sentence pairs: what its user interface says (Debian
// package libreoffice-l10n-de) and the paragraphs of its help (libreoffice-help-en-us, -help-de).
//
// Split  no German and no English text is in two parts, in whatever case, spacing or punctuation:
//        pairs that share one, directly or through others, stay together. A group of them goes
//        where the hash of its smallest key says: 5 of 100 to validation, 5 to test
// Licence  MPL-2.0
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "workloads/transformer/text_pair.h"

namespace timetrial::transformer {

enum class Part { training, validation, test };

struct SplitPair {
  TextPair text;
  Part part = Part::training;
};

/// What texts are compared by: letters (A to Z in lower case) and digits, one space for all between
/// them; the text itself if it has neither.
std::string normalized(std::string_view text);

/// Without the mark of a keyboard shortcut.
std::string without_shortcut(std::string_view text);

/// White space squeezed, marks of keyboard shortcuts dropped ("Sa_ve", "~File"; a text with several
/// such characters keeps them all); each pair once, without those that have an empty side, or are
/// the same on both sides (which were not translated), sorted. `packages` is the folder
/// "libreoffice-de" of the unpacked packages. Throws DataError naming the folder or file that is
/// missing or malformed, and where there are not about as many pairs as the packages are known to
/// have.
std::vector<TextPair> read_pairs(const std::filesystem::path& packages);

/// What the user interface says in another language, in the same form. `package` is the folder of
/// the unpacked libreoffice-l10n-<language>, which is known to have about `expected` pairs.
std::vector<TextPair> read_interface_pairs(const std::filesystem::path& package,
                                           const std::string& language, std::int64_t expected);

/// The same pairs with their parts, in the order of a hash of both sides: any stretch is a random
/// sample.
std::vector<SplitPair> split(const std::vector<TextPair>& pairs);

}  // namespace timetrial::transformer
