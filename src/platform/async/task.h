#pragma once

// A Task is a lazy coroutine of the process's one event loop. Parameters: data by value, services
// by plain reference to objects that outlive every task (style: a coroutine owns its data).

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace florin {

namespace asio = boost::asio;

template <class T = void>
using Task = asio::awaitable<T>;

}  // namespace florin
