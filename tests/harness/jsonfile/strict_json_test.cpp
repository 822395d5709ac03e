#include "harness/jsonfile/strict_json.h"

#include "harness/trial/error.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace timetrial::jsonfile {
namespace {

TEST(StrictJson, ParsesAndAllowsOneKeyInTwoObjects) {
  const auto json = parse(R"([{"a": 1}, {"a": {"a": 2}}])", "f.json");
  EXPECT_EQ(json[1]["a"]["a"], 2);
}

TEST(StrictJson, ErrorsSayTheirPlace) {
  struct Case {
    const char* text;
    const char* message;
  };
  const std::vector<Case> cases{
      {"", "f.json:1:1: no valid JSON"},
      {"{\n  \"a\": 1,\n}", "f.json:3:1: no valid JSON"},
      {"{\"a\" 1}", "f.json:1:6: no valid JSON"},
      {"[1, 2", "f.json:1:6: no valid JSON"},
      {"\xff", "f.json:1:1: no valid JSON"},
      {"[1e999]", "f.json: a number is too large for a double"},
      {"{\"a\": 1, \"b\": 2, \"a\": 3}", "f.json: names 'a' twice; keep one"},
      {"{\"x\": {\"a\": 1, \"a\": 1}, \"y\": 1}", "f.json: names 'a' twice; keep one"},
  };
  for (const auto& test : cases) {
    SCOPED_TRACE(test.text);
    try {
      parse(test.text, "f.json");
      ADD_FAILURE() << "was accepted";
    } catch (const InputError& error) {
      EXPECT_THAT(error.what(), ::testing::StartsWith(test.message));
    }
  }
}

TEST(StrictJson, UnreadableFilesAreInputErrors) {
  EXPECT_THROW(read_text("/no/such.json"), InputError);
  EXPECT_THROW(read_text("/tmp"), InputError);
}

}  // namespace
}  // namespace timetrial::jsonfile
