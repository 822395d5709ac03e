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
# "Suite." at the margin, with a comment where it is of a type; its tests are indented.
string(REPLACE "\n" ";" lines "${listed}")
foreach(line IN LISTS lines)
  if(line MATCHES "^([^ ]+)\\.( |$)")
    set(suite "${CMAKE_MATCH_1}")
    add_test("${NAME}/${suite}" "${PROGRAM}" "--gtest_filter=${suite}.*" --gtest_brief=1)
    set_tests_properties("${NAME}/${suite}" PROPERTIES ${PROPERTIES})
  endif()
endforeach()
