// What nearly every test includes, parsed once.
#include "precompiled.h"

#include <gtest/gtest.h>

#include <iostream>
#include <random>
#include <set>
#include <thread>
