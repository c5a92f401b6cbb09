# A module is a folder under src/ and a line in tools/layers.txt. The line says what it links; the
# folder's sources become its library, *_test.cpp go to the unit tests, *_pgtest.cpp to the tests
# that want a database, and sql/*.sql become constants in "<module>/sql.h".

set(FLORIN_LIBRARIES_base fmt::fmt simdjson::simdjson Boost::headers)
set(FLORIN_LIBRARIES_platform OpenSSL::SSL OpenSSL::Crypto CURL::libcurl PostgreSQL::PostgreSQL)

find_package(Python3 REQUIRED COMPONENTS Interpreter)
set(unit_test_sources "")
set(pg_test_sources "")
set(modules_so_far "")

# Text files of a module as constants in "<module>/<header>.h".
function(florin_embed module header namespace pattern)
  file(GLOB texts CONFIGURE_DEPENDS ${pattern})
  if(NOT texts)
    return()
  endif()
  set(output ${CMAKE_BINARY_DIR}/generated/${module}/${header}.h)
  add_custom_command(OUTPUT ${output}
    COMMAND Python3::Interpreter ${CMAKE_SOURCE_DIR}/tools/embed.py ${namespace} ${output} ${texts}
    DEPENDS ${texts} ${CMAKE_SOURCE_DIR}/tools/embed.py
    COMMENT "Embedding ${module}/${header}.h" VERBATIM)
  add_custom_target(florin_${module}_${header} DEPENDS ${output})
  add_dependencies(florin_${module} florin_${module}_${header})
endfunction()

function(florin_module module allowed)
  set(folder ${CMAKE_SOURCE_DIR}/src/${module})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${folder}/*.cpp ${folder}/*.h)
  set(unit_tests ${sources})
  list(FILTER unit_tests INCLUDE REGEX "_test\\.cpp$")
  set(pg_tests ${sources})
  list(FILTER pg_tests INCLUDE REGEX "_pgtest\\.cpp$")
  list(FILTER sources EXCLUDE REGEX "(_test|_pgtest|/main|/seam)\\.cpp$")
  set(unit_test_sources ${unit_test_sources} ${unit_tests} PARENT_SCOPE)
  set(pg_test_sources ${pg_test_sources} ${pg_tests} PARENT_SCOPE)
  set(compiled ${sources})
  list(FILTER compiled INCLUDE REGEX "\\.cpp$")
  if(compiled)
    add_library(florin_${module} STATIC ${sources})
    set(scope PUBLIC)
  else()
    add_library(florin_${module} INTERFACE)  # Headers only.
    set(scope INTERFACE)
  endif()
  target_link_libraries(florin_${module} ${scope} florin_flags ${FLORIN_LIBRARIES_${module}})
  foreach(other IN LISTS allowed)
    target_link_libraries(florin_${module} ${scope} florin_${other})
  endforeach()
  if(module STREQUAL "base")
    target_precompile_headers(florin_base PRIVATE ${CMAKE_SOURCE_DIR}/cmake/precompiled.h)
  elseif(compiled)
    target_precompile_headers(florin_${module} REUSE_FROM florin_base)
  endif()
  florin_embed(${module} sql ${module}::sql ${folder}/sql/*.sql)
  florin_embed(${module} openapi ${module}::files ${folder}/openapi.json)
endfunction()

file(STRINGS ${CMAKE_SOURCE_DIR}/tools/layers.txt lines REGEX "^[a-z_]+: *[a-z_* ]*$")
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/tools/layers.txt)
foreach(line IN LISTS lines)
  string(REGEX MATCH "^([a-z_]+): *(.*)$" matched "${line}")
  set(module ${CMAKE_MATCH_1})
  string(REPLACE " " ";" allowed "${CMAKE_MATCH_2}")
  list(REMOVE_ITEM allowed "")
  if(module STREQUAL "pure" OR module STREQUAL "island" OR module STREQUAL "door")
    continue()
  endif()
  if("${allowed}" STREQUAL "*")
    set(allowed ${modules_so_far})
  endif()
  florin_module(${module} "${allowed}")
  list(APPEND modules_so_far ${module})
endforeach()

# The migrations travel inside the program, so that `florin migrate` needs no files.
florin_embed(storage migrations storage ${CMAKE_SOURCE_DIR}/migrations/*.sql)

add_executable(florin src/cli/main.cpp)
target_link_libraries(florin PRIVATE florin_cli)
target_precompile_headers(florin REUSE_FROM florin_base)

add_executable(florin-sandbox src/sandbox/main.cpp)
target_link_libraries(florin-sandbox PRIVATE florin_sandbox)
target_precompile_headers(florin-sandbox REUSE_FROM florin_base)

# seam.cpp comes before the libraries, so that its clock, chance and tasks are taken, not theirs.
add_executable(florin-simulator src/simulator/main.cpp src/simulator/seam.cpp)
target_link_libraries(florin-simulator PRIVATE florin_simulator)
target_precompile_headers(florin-simulator REUSE_FROM florin_base)

if(FLORIN_FUZZ)
  file(GLOB fuzz_sources CONFIGURE_DEPENDS fuzz/*_fuzz.cpp)
  foreach(source IN LISTS fuzz_sources)
    get_filename_component(name ${source} NAME_WE)
    add_executable(${name} ${source})
    target_link_libraries(${name} PRIVATE florin_cli florin_sandbox -fsanitize=fuzzer)
  endforeach()
else()
  # What is tested is optimized, the tests themselves are compiled once and run once: without it
  # they compile in half of the time, and each change of a header compiles many of them.
  set(test_options $<$<CONFIG:Debug>:-O0>)
  add_executable(unit_tests ${unit_test_sources})
  target_compile_options(unit_tests PRIVATE ${test_options})
  # Those that play long games are worth it.
  set_source_files_properties(src/limits/rules_test.cpp src/payments/life_test.cpp PROPERTIES
    COMPILE_OPTIONS $<$<CONFIG:Debug>:-O1> SKIP_PRECOMPILE_HEADERS ON)
  target_link_libraries(unit_tests PRIVATE
    florin_cli florin_sandbox florin_simulator GTest::gtest GTest::gtest_main)
  target_precompile_headers(unit_tests PRIVATE ${CMAKE_SOURCE_DIR}/cmake/precompiled_tests.h)
  if(pg_test_sources)
    file(GLOB pg_test_kit CONFIGURE_DEPENDS tests/kit/*.cpp tests/kit/*.h)
    add_executable(pg_tests ${pg_test_sources} ${pg_test_kit})
    target_include_directories(pg_tests PRIVATE ${CMAKE_SOURCE_DIR})
    target_link_libraries(pg_tests PRIVATE florin_cli GTest::gtest GTest::gtest_main)
    target_compile_options(pg_tests PRIVATE ${test_options})
    target_precompile_headers(pg_tests REUSE_FROM unit_tests)
  endif()
  file(GLOB bench_sources CONFIGURE_DEPENDS bench/*.cpp)
  # Nobody measures what is made for tests.
  if(bench_sources AND NOT CMAKE_BUILD_TYPE STREQUAL "Debug")
    add_executable(florin-bench ${bench_sources})
    target_link_libraries(florin-bench PRIVATE florin_cli)
    target_precompile_headers(florin-bench REUSE_FROM florin_base)
  endif()
endif()
