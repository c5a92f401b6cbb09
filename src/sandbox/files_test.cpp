// Files: what is taken as evidence, what is refused, keys, lists, and the journal.

#include "sandbox/files.h"

#include <gtest/gtest.h>

#include <fstream>

#include "sandbox/test_bench.h"

namespace florin::sandbox {
namespace {

const std::string kPdf = "%PDF-1.7 a receipt";
// Of kPdf, by sha256sum.
constexpr std::string_view kPdfHash =
    "90ee892e36cc2bc0f3d43cb04922f47e0ace20ebea716a11a499be62f60926f7";

TEST(Files, AreUploadedAndRead) {
    Bench bench;
    const auto made = bench.upload(kPdf, "my receipt.pdf");
    EXPECT_EQ(made.status, 200);
    const auto id = made.at("/id");
    EXPECT_TRUE(id.starts_with("file_"));
    EXPECT_EQ(made.at("/object"), "file");
    EXPECT_EQ(made.at("/created"), std::to_string(bench.now_us / 1'000'000));
    EXPECT_EQ(made.at("/filename"), "my receipt.pdf");
    EXPECT_EQ(made.at("/purpose"), "dispute_evidence");
    EXPECT_EQ(made.at("/size"), std::to_string(kPdf.size()));
    EXPECT_EQ(made.at("/type"), "pdf");
    EXPECT_EQ(made.at("/title"), "null");
    EXPECT_EQ(made.at("/expires_at"), "null");
    EXPECT_EQ(made.at("/url"), "http://sandbox/v1/files/" + id + "/contents");
    EXPECT_EQ(made.at("/links/data"), "[]");
    EXPECT_EQ(bench.told(), std::vector<std::string>{"file.created"});
    EXPECT_EQ(bench.get("/v1/files/" + id).body, made.body);
    EXPECT_EQ(bench.get("/v1/files/file_none").status, 404);
    EXPECT_EQ(bench.get("/v1/files/" + id + "/contents").status, 404);
    const auto& file = bench.sandbox.provider().store().files.front();
    EXPECT_EQ((Answer{200, render_truth(file)}.at("/sha256")), kPdfHash);
}

TEST(Files, HaveTheTypeThatTheirBytesSay) {
    Bench bench;
    EXPECT_EQ(bench.upload("\x89PNG\r\n\x1a\nrest", "a.pdf").at("/type"), "png");
    EXPECT_EQ(bench.upload("\xff\xd8\xff\xe0rest", "a").at("/type"), "jpg");
    for (const std::string content : {"GIF89a", " %PDF-1.7", "%PDF", "\x89PNG\n", "\xff\xd8"}) {
        const auto refused = bench.upload(content);
        EXPECT_EQ(refused.status, 400) << content;
        EXPECT_EQ(refused.at("/error/type"), "invalid_request_error");
        EXPECT_EQ(refused.at("/error/param"), "file");
    }
}

TEST(Files, HaveALimit) {
    Bench bench;
    auto content = kPdf;
    content.resize(kFileBytesMax, 'x');
    EXPECT_EQ(bench.upload(content).at("/size"), std::to_string(kFileBytesMax));
    const auto refused = bench.upload(content + 'x');
    EXPECT_EQ(refused.status, 400);
    EXPECT_EQ(refused.at("/error/param"), "file");
    EXPECT_EQ(bench.upload("").at("/error/param"), "file");
}

TEST(Files, RefuseWhatTheyDoNotKnow) {
    Bench bench;
    const std::string path(kFilesPath);
    const auto other = bench.upload(kPdf, "a.pdf", "", "identity_document");
    EXPECT_EQ(other.status, 400);
    EXPECT_EQ(other.at("/error/type"), "invalid_request_error");
    EXPECT_EQ(other.at("/error/param"), "purpose");
    EXPECT_EQ(bench.post(path, "").at("/error/param"), "purpose");
    const auto none = bench.post(path, "purpose=dispute_evidence");
    EXPECT_EQ(none.at("/error/code"), "parameter_missing");
    EXPECT_EQ(none.at("/error/param"), "file");
    EXPECT_EQ(bench.post(path, "title=a").at("/error/code"), "parameter_unknown");
    EXPECT_EQ(bench.get(path).at("/data"), "[]");
    EXPECT_TRUE(bench.events.empty());
}

TEST(Files, AreOnePartWithAFilename) {
    const auto refused = [](const std::string& headers) {
        std::string body;
        for (std::size_t at = 0; at < headers.size();) {
            const auto end = headers.find('|', at);
            body += "--b\r\nContent-Disposition: form-data; " + headers.substr(at, end - at) +
                    "\r\n\r\n%PDF-\r\n";
            at = end == std::string::npos ? headers.size() : end + 1;
        }
        const auto form = upload_form("multipart/form-data; boundary=b", body + "--b--\r\n");
        return form ? *form : "refused: " + form.error().param;
    };
    EXPECT_EQ(refused("name=purpose").find("purpose=%25PDF-"), 0U);
    EXPECT_EQ(refused("name=file; filename=\"a&b\"").find("file%5Bname%5D=a%26b&"), 0U);
    EXPECT_EQ(refused("name=file"), "refused: file");
    EXPECT_EQ(refused("name=file; filename=\"\""), "refused: file");
    EXPECT_EQ(refused("name=\"file[sha256]\""), "refused: file[sha256]");
    EXPECT_EQ(refused("name=paper; filename=a"), "refused: paper");
    EXPECT_EQ(refused("name=file; filename=a|name=file; filename=b"), "refused: file");
    EXPECT_FALSE(upload_form("application/x-www-form-urlencoded", "purpose=dispute_evidence"));
}

TEST(Files, AKeyIsBoundToThePartsNotTheBytes) {
    Bench bench;
    const auto made = bench.upload(kPdf, "a.pdf", "k");
    const auto again = bench.upload(kPdf, "a.pdf", "k");
    EXPECT_TRUE(again.replayed);
    EXPECT_EQ(again.body, made.body);
    for (const auto& other :
         {bench.upload(kPdf + "!", "a.pdf", "k"), bench.upload(kPdf, "b", "k")}) {
        EXPECT_EQ(other.status, 400);
        EXPECT_EQ(other.at("/error/type"), "idempotency_error");
    }
    EXPECT_EQ(bench.get("/v1/files").at("/data/1/id"), "");
}

TEST(Files, AreListedNewestFirst) {
    Bench bench;
    std::vector<std::string> ids;
    for (int i = 0; i < 3; ++i) ids.push_back(bench.upload(kPdf).at("/id"));
    const auto page = bench.get("/v1/files", "purpose=dispute_evidence&limit=2");
    EXPECT_EQ(page.at("/url"), "/v1/files");
    EXPECT_EQ(page.at("/data/0/id"), ids[2]);
    EXPECT_EQ(page.at("/data/1/id"), ids[1]);
    EXPECT_EQ(page.at("/has_more"), "true");
    const auto rest = bench.get("/v1/files", "limit=2&starting_after=" + ids[1]);
    EXPECT_EQ(rest.at("/data/0/id"), ids[0]);
    EXPECT_EQ(rest.at("/has_more"), "false");
    const auto seconds = std::to_string(bench.now_us / 1'000'000);
    EXPECT_EQ(bench.get("/v1/files", "created[gt]=" + seconds).at("/data"), "[]");
    EXPECT_EQ(bench.get("/v1/files", "purpose=selfie").at("/error/param"), "purpose");
    EXPECT_EQ(bench.get("/v1/files", "expand[]=data.links").at("/error/param"), "expand");
}

TEST_F(JournalFolder, RestoresFilesWithoutTheirBytes) {
    Answer made;
    {
        Bench bench(folder());
        made = bench.upload(kPdf, "zw\xc3\xb6lf & 12.pdf", "k");
        bench.upload("GIF89a");  // Refused: leaves no line.
    }
    std::ifstream in(file());
    const std::string journal{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
    EXPECT_EQ(journal.find("receipt"), std::string::npos);
    EXPECT_NE(journal.find(kPdfHash), std::string::npos);
    Bench bench(folder());
    EXPECT_EQ(bench.restored, 1U);
    EXPECT_EQ(bench.get("/v1/files/" + made.at("/id")).body, made.body);
    EXPECT_EQ(made.at("/filename"), "zw\xc3\xb6lf & 12.pdf");
    EXPECT_TRUE(bench.upload(kPdf, "zw\xc3\xb6lf & 12.pdf", "k").replayed);
    EXPECT_NE(bench.upload(kPdf).at("/id"), made.at("/id"));
}

}  // namespace
}  // namespace florin::sandbox
