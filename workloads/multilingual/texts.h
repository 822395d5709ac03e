#pragma once
// LibreOffice's texts in English and, for each task, another language: German, of the user
// interface and the help, and Zulu, of the user interface alone, which is a tenth of the pairs and
// a thirtieth of the text.
//
// Split    as transformer/libreoffice.h, over both languages at once: no English text is in two
//          parts, whichever language it is translated to
// Licence  MPL-2.0

#include "workloads/transformer/libreoffice.h"

#include <array>
#include <filesystem>
#include <vector>

namespace timetrial::multilingual {

/// The tasks.
inline constexpr std::array<const char*, 2> kLanguages = {"de", "zu"};

/// The pairs of each language, in the order of a hash: any stretch is a random sample. Reads
/// <packages>/libreoffice-de and libreoffice-zu; throws DataError as transformer::read_pairs().
std::vector<std::vector<transformer::SplitPair>> read_texts(const std::filesystem::path& packages);

}  // namespace timetrial::multilingual
