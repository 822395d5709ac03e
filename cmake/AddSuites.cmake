# Included by CTest (TEST_INCLUDE_FILES) with PROGRAM, NAME and PROPERTIES: each suite of a GoogleTest program
# is one test, which keeps its process. For programs whose start takes longer than most of their tests.
if(NOT EXISTS "${PROGRAM}")
  add_test("${NAME}_NOT_BUILT" "${NAME}_NOT_BUILT")
  return()
endif()
execute_process(COMMAND "${PROGRAM}" --gtest_list_tests
                OUTPUT_VARIABLE listed RESULT_VARIABLE failed TIMEOUT 60)
if(failed)
  message(FATAL_ERROR "${PROGRAM} --gtest_list_tests: ${failed}")
endif()
# "Suite." at the margin, with a comment where it is of a type; its tests are indented. Names alone are taken
# out of the text: a bracket in a comment would join the elements of a list.
string(REGEX MATCHALL "\n[A-Za-z_0-9/]+\\." suites "\n${listed}")
if(NOT suites)
  message(FATAL_ERROR "${PROGRAM} --gtest_list_tests names no suite")
endif()
foreach(suite IN LISTS suites)
  string(REGEX REPLACE "^\n(.*)\\.$" "\\1" suite "${suite}")
  add_test("${NAME}/${suite}" "${PROGRAM}" "--gtest_filter=${suite}.*" --gtest_brief=1)
  set_tests_properties("${NAME}/${suite}" PROPERTIES ${PROPERTIES})
endforeach()
