// How a recorded case's constructor arguments are read and refused.
#include "workloads/recorded_arguments.h"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include "workloads/workload.h"

namespace timetrial::workloads {
namespace {

std::string message_of(const auto& action) {
  try {
    action();
  } catch (const ConfigError& error) {
    return error.what();
  }
  return "accepted";
}

TEST(RecordedArguments, AreReadByNameAndType) {
  const nlohmann::json json = {{"flag", true},   {"count", 3},      {"rate", 0.5},
                               {"name", "gelu"}, {"sizes", {1, 2}}, {"sides", {true, false}}};
  RecordedArguments arguments("x", json);
  EXPECT_TRUE(arguments.flag("flag", false));
  EXPECT_EQ(arguments.integer("count", 7), 3);
  EXPECT_EQ(arguments.number("rate", 0), 0.5);
  EXPECT_EQ(arguments.number("count", 0), 3);
  EXPECT_EQ(arguments.text("name", ""), "gelu");
  EXPECT_EQ(arguments.integers("sizes", {}), (std::vector<std::int64_t>{1, 2}));
  EXPECT_EQ(arguments.flags("sides", {}), (std::vector<bool>{true, false}));
  EXPECT_NO_THROW(arguments.finish());
}

TEST(RecordedArguments, LeftOutOrNullIsTheDefault) {
  const nlohmann::json json = {{"count", nullptr}};
  RecordedArguments arguments("x", json);
  EXPECT_EQ(arguments.integer("count", 7), 7);
  EXPECT_TRUE(arguments.flag("flag", true));
  EXPECT_NO_THROW(arguments.finish());
}

TEST(RecordedArguments, WrongTypesAreRefused) {
  const nlohmann::json json = {{"a", 2.5}, {"b", {1, "2"}}, {"c", 1}};
  RecordedArguments arguments("ogbg", json);
  EXPECT_EQ(message_of([&] { arguments.integer("a", 1); }),
            "ogbg: a = 2.5; it must be a whole number");
  EXPECT_EQ(message_of([&] { arguments.integers("b", {}); }),
            "ogbg: b = [1,\"2\"]; it must be a list of whole numbers");
  EXPECT_EQ(message_of([&] { arguments.flag("c", false); }),
            "ogbg: c = 1; it must be true or false");
  EXPECT_EQ(message_of([&] { RecordedArguments("ogbg", nlohmann::json::array()); }),
            "ogbg: the constructor is []; it must be an object of arguments by name");
}

TEST(RecordedArguments, WhatNobodyAskedForIsRefused) {
  const nlohmann::json json = {{"depth", 2}, {"width", 3}};
  RecordedArguments arguments("ogbg", json);
  EXPECT_EQ(message_of([&] { arguments.finish(); }),
            "ogbg: the argument 'depth' is not known; the model has none");
  arguments.integer("width", 1);
  arguments.integer("heads", 1);
  EXPECT_EQ(message_of([&] { arguments.finish(); }),
            "ogbg: the argument 'depth' is not known; the model has heads, width");
}

}  // namespace
}  // namespace timetrial::workloads
