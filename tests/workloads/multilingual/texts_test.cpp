// LibreOffice's texts in two languages: counts, and no English text in two parts.
#include "workloads/multilingual/texts.h"

#include "tests/support/data_packages.h"
#include "tests/support/temporary_folder.h"
#include "workloads/workload.h"

#include <gmock/gmock.h>

#include <map>
#include <set>

namespace timetrial::multilingual {
namespace {

using testing::HasSubstr;
using transformer::Part;

TEST(Texts, ShareNoEnglishTextBetweenPartsOfAnyLanguage) {
  const auto packages = test::data_packages("libreoffice-zu");
  if (!packages) GTEST_SKIP() << test::no_data_packages("libreoffice-zu");
  const auto texts = read_texts(*packages);
  ASSERT_EQ(texts.size(), kLanguages.size());
  EXPECT_NEAR(static_cast<double>(texts[0].size()), 49'542, 1'000);
  EXPECT_NEAR(static_cast<double>(texts[1].size()), 4'539, 100);
  std::map<std::string, std::set<Part>> parts;
  std::map<Part, std::size_t> of_zulu;
  std::size_t shared = 0;
  for (const auto& pairs : texts) {
    for (const auto& pair : pairs) {
      const auto key = transformer::normalized(pair.text.english);
      shared += &pairs == &texts[1] && parts.contains(key);
      parts[key].insert(pair.part);
    }
  }
  EXPECT_GT(shared, 3'000U) << "most of what Zulu has, German has too";
  for (const auto& [english, found] : parts) EXPECT_EQ(found.size(), 1U) << english;
  for (const auto& pair : texts[1]) ++of_zulu[pair.part];
  EXPECT_GT(of_zulu[Part::validation], 100U);
  EXPECT_GT(of_zulu[Part::test], 100U);
  EXPECT_GT(of_zulu[Part::training], 3'500U);
}

TEST(Texts, MissingPackagesAreNamed) {
  const test::TemporaryFolder empty;
  try {
    transformer::read_interface_pairs(empty.path(), "zu", 10);
    FAIL() << "read a package that is not there";
  } catch (const workloads::DataError& error) {
    EXPECT_THAT(error.what(), HasSubstr("resource/zu/LC_MESSAGES: no .mo files"));
  }
}

}  // namespace
}  // namespace timetrial::multilingual
