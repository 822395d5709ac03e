# Most of what a source costs to compile is its headers (a LibTorch one 3 s even when they are
# precompiled), so the sources of a target are compiled in batches (CMake's unity builds). Nothing in
# them has to know: cmake/batches.awk keeps those apart that use one name for two things. A source that
# must stay alone all the same has the property SKIP_UNITY_BUILD_INCLUSION; one with options of its own
# always does.
find_program(TIMETRIAL_AWK awk REQUIRED)

# timetrial_batch_sources(<folder>): those of every target made in it and below, once all of them are known.
function(timetrial_batch_sources folder)
  get_property(targets DIRECTORY "${folder}" PROPERTY BUILDSYSTEM_TARGETS)
  foreach(target IN LISTS targets)
    get_target_property(type ${target} TYPE)
    if(NOT type MATCHES "^(INTERFACE_LIBRARY|UTILITY)$")
      timetrial_batch_target(${target})
    endif()
  endforeach()
  get_property(folders DIRECTORY "${folder}" PROPERTY SUBDIRECTORIES)
  foreach(sub IN LISTS folders)
    timetrial_batch_sources("${sub}")
  endforeach()
endfunction()

# timetrial_batches_of(<variable> <source>…): "<batch> <source>" for each.
function(timetrial_batches_of out)
  execute_process(COMMAND "${TIMETRIAL_AWK}" -v most=12 -v lines=2500
                          -f "${CMAKE_CURRENT_FUNCTION_LIST_DIR}/batches.awk" ${ARGN}
                  OUTPUT_VARIABLE batches OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
  string(REPLACE "\n" ";" batches "${batches}")
  set(${out} "${batches}" PARENT_SCOPE)
endfunction()

function(timetrial_batch_target target)
  get_target_property(listed ${target} SOURCES)
  get_target_property(folder ${target} SOURCE_DIR)
  set(sources "")
  foreach(source IN LISTS listed)
    cmake_path(ABSOLUTE_PATH source BASE_DIRECTORY "${folder}" NORMALIZE)
    if(source MATCHES "\\.cpp$" AND EXISTS "${source}")
      list(APPEND sources "${source}")
    endif()
  endforeach()
  list(LENGTH sources count)
  if(count LESS 2)
    return()
  endif()
  timetrial_batches_of(batches ${sources})
  foreach(line IN LISTS batches)
    string(REGEX MATCH "^([0-9]+) (.*)$" line "${line}")
    set_source_files_properties("${CMAKE_MATCH_2}" TARGET_DIRECTORY ${target}
                                PROPERTIES UNITY_GROUP "batch_${CMAKE_MATCH_1}")
  endforeach()
  set_target_properties(${target} PROPERTIES UNITY_BUILD ON UNITY_BUILD_MODE GROUP)
endfunction()
