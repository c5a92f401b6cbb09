#include "payouts/pain001.h"

#include <fmt/format.h>

#include "base/text.h"
#include "domain/money.h"

namespace florin::payouts {
namespace {

constexpr std::size_t kNameBytes = 140;  // Max140Text counts characters, which are no fewer bytes.

std::string escape(std::string_view text) {
    std::string out;
    for (const char c : text) {
        switch (c) {
            case '&':
                out += "&amp;";
                break;
            case '<':
                out += "&lt;";
                break;
            case '>':
                out += "&gt;";
                break;
            default:
                out += c;
        }
    }
    return out;
}

std::string party(std::string_view name) {
    return fmt::format("<Nm>{}</Nm>", escape(shorten(name, kNameBytes)));
}

std::string agent(std::string_view bic) {
    if (bic.empty()) return "<FinInstnId><Othr><Id>NOTPROVIDED</Id></Othr></FinInstnId>";
    return fmt::format("<FinInstnId><BICFI>{}</BICFI></FinInstnId>", bic);
}

std::string date(Instant at) {
    return to_text(at).substr(0, 10);
}

std::string transfer(const Payout& payout) {
    const auto& to = payout.destination;
    std::string out = "      <CdtTrfTxInf>\n";
    out += fmt::format("        <PmtId><EndToEndId>{}</EndToEndId></PmtId>\n", payout.id.text());
    out += fmt::format("        <Amt><InstdAmt Ccy=\"{}\">{}</InstdAmt></Amt>\n",
                       payout.currency.code(), Money(payout.amount, payout.currency).decimal());
    if (!to.bic.empty()) out += fmt::format("        <CdtrAgt>{}</CdtrAgt>\n", agent(to.bic));
    out += fmt::format("        <Cdtr>{}</Cdtr>\n", party(to.name));
    out += fmt::format("        <CdtrAcct><Id><IBAN>{}</IBAN></Id></CdtrAcct>\n", to.account);
    out += fmt::format("        <RmtInf><Ustrd>{}</Ustrd></RmtInf>\n", payout.id.text());
    return out + "      </CdtTrfTxInf>\n";
}

}  // namespace

std::string pain001(const Batch& batch, std::span<const Payout> payouts) {
    Money sum(0, batch.currency);
    for (const auto& payout : payouts) sum += Money(payout.amount, payout.currency);
    const auto totals = fmt::format("<NbOfTxs>{}</NbOfTxs>\n      <CtrlSum>{}</CtrlSum>",
                                    payouts.size(), sum.decimal());
    const auto ours = party(batch.name);
    std::string out =
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
        "<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:pain.001.001.09\">\n"
        "  <CstmrCdtTrfInitn>\n";
    out += fmt::format(
        "    <GrpHdr>\n      <MsgId>{}</MsgId>\n      <CreDtTm>{}</CreDtTm>\n      {}\n"
        "      <InitgPty>{}</InitgPty>\n    </GrpHdr>\n",
        batch.id.text(), to_text(batch.exported_at), totals, ours);
    out += fmt::format(
        "    <PmtInf>\n      <PmtInfId>{}</PmtInfId>\n      <PmtMtd>TRF</PmtMtd>\n      {}\n"
        "      <ReqdExctnDt><Dt>{}</Dt></ReqdExctnDt>\n      <Dbtr>{}</Dbtr>\n"
        "      <DbtrAcct><Id><IBAN>{}</IBAN></Id><Ccy>{}</Ccy></DbtrAcct>\n"
        "      <DbtrAgt>{}</DbtrAgt>\n",
        batch.id.text(), totals, date(batch.exported_at), ours, batch.source, batch.currency.code(),
        agent(batch.bic));
    for (const auto& payout : payouts) out += transfer(payout);
    return out + "    </PmtInf>\n  </CstmrCdtTrfInitn>\n</Document>\n";
}

}  // namespace florin::payouts
