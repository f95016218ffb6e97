"""The lines of the time line in words, by language; made of ids, states and amounts, never of what a guest said."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any, Final

from babel.dates import format_date
from babel.numbers import format_currency, format_decimal

from services.contracts.values import decimals

LANGUAGES: Final = ("en", "de", "es", "fr", "it", "pt")

_ROWS: Final = """
booking.held|Booking held, {stay}|Option gebucht, {stay}|Reserva provisional, {stay}|Option posée, {stay}|Opzione, {stay}|Reserva provisória, {stay}
booking.confirmed|Booking confirmed, {stay}, {total}|Buchung bestätigt, {stay}, {total}|Reserva confirmada, {stay}, {total}|Réservation confirmée, {stay}, {total}|Prenotazione confermata, {stay}, {total}|Reserva confirmada, {stay}, {total}
booking.changed|Booking changed ({changed}), {stay}, {total}|Buchung geändert ({changed}), {stay}, {total}|Reserva modificada ({changed}), {stay}, {total}|Réservation modifiée ({changed}), {stay}, {total}|Prenotazione modificata ({changed}), {stay}, {total}|Reserva alterada ({changed}), {stay}, {total}
booking.left|No longer on the booking, {stay}|Nicht mehr auf der Buchung, {stay}|Ya no está en la reserva, {stay}|N’est plus sur la réservation, {stay}|Non più sulla prenotazione, {stay}|Já não está na reserva, {stay}
booking.checked_in|Checked in, {stay}|Angereist, {stay}|Entrada, {stay}|Arrivée, {stay}|Check-in, {stay}|Entrada, {stay}
booking.checked_out|Checked out, {stay}|Abgereist, {stay}|Salida, {stay}|Départ, {stay}|Check-out, {stay}|Saída, {stay}
booking.cancelled|Booking cancelled, {stay}|Buchung storniert, {stay}|Reserva cancelada, {stay}|Réservation annulée, {stay}|Prenotazione annullata, {stay}|Reserva cancelada, {stay}
booking.marked_no_show|No-show, {stay}|Nicht angereist, {stay}|No presentado, {stay}|Non présenté, {stay}|Mancato arrivo, {stay}|Não compareceu, {stay}
payment.received|Payment of {amount}|Zahlung über {amount}|Pago de {amount}|Paiement de {amount}|Pagamento di {amount}|Pagamento de {amount}
refund.paid|Refund of {amount}|Erstattung über {amount}|Reembolso de {amount}|Remboursement de {amount}|Rimborso di {amount}|Reembolso de {amount}
deposit.overdue|Deposit of {amount} overdue|Anzahlung über {amount} überfällig|Depósito de {amount} vencido|Acompte de {amount} en retard|Caparra di {amount} scaduta|Depósito de {amount} em atraso
charge.posted|Charge of {amount}|Leistung über {amount}|Cargo de {amount}|Débit de {amount}|Addebito di {amount}|Débito de {amount}
charge.voided|Charge of {amount} taken back|Leistung über {amount} storniert|Cargo de {amount} anulado|Débit de {amount} annulé|Addebito di {amount} stornato|Débito de {amount} anulado
adjustment.posted|Correction of {amount}|Korrektur über {amount}|Ajuste de {amount}|Correction de {amount}|Rettifica di {amount}|Correção de {amount}
adjustment.reversed|Correction of {amount} taken back|Korrektur über {amount} zurückgenommen|Ajuste de {amount} anulado|Correction de {amount} annulée|Rettifica di {amount} stornata|Correção de {amount} anulada
invoice.issued|Invoice {number}, {total}|Rechnung {number}, {total}|Factura {number}, {total}|Facture {number}, {total}|Fattura {number}, {total}|Fatura {number}, {total}
invoice.credited|Credit note {number}, {total}|Gutschrift {number}, {total}|Nota de crédito {number}, {total}|Avoir {number}, {total}|Nota di credito {number}, {total}|Nota de crédito {number}, {total}
message.sent|Message sent|Nachricht gesendet|Mensaje enviado|Message envoyé|Messaggio inviato|Mensagem enviada
message.written|Message written|Nachricht geschrieben|Mensaje escrito|Message rédigé|Messaggio scritto|Mensagem escrita
message.failed|Message could not be sent|Nachricht nicht zustellbar|Mensaje no enviado|Message non envoyé|Messaggio non inviato|Mensagem não enviada
message.suppressed|Message held back: no consent|Nachricht zurückgehalten: keine Einwilligung|Mensaje retenido: sin consentimiento|Message retenu : pas de consentement|Messaggio trattenuto: nessun consenso|Mensagem retida: sem consentimento
message.received|Message received|Nachricht erhalten|Mensaje recibido|Message reçu|Messaggio ricevuto|Mensagem recebida
consent.granted|Consent given: {purpose}, {channel}|Einwilligung erteilt: {purpose}, {channel}|Consentimiento dado: {purpose}, {channel}|Consentement donné : {purpose}, {channel}|Consenso dato: {purpose}, {channel}|Consentimento dado: {purpose}, {channel}
consent.withdrawn|Consent withdrawn: {purpose}, {channel}|Einwilligung widerrufen: {purpose}, {channel}|Consentimiento retirado: {purpose}, {channel}|Consentement retiré : {purpose}, {channel}|Consenso revocato: {purpose}, {channel}|Consentimento retirado: {purpose}, {channel}
loyalty.account_opened|Became a member|Mitglied geworden|Se hizo socio|Devenu membre|Diventato socio|Tornou-se membro
loyalty.points_changed|{delta} points, {points} in all|{delta} Punkte, insgesamt {points}|{delta} puntos, {points} en total|{delta} points, {points} au total|{delta} punti, {points} in totale|{delta} pontos, {points} no total
loyalty.tier_changed|Tier: {tier}|Stufe: {tier}|Nivel: {tier}|Niveau : {tier}|Livello: {tier}|Nível: {tier}
profile.created|Profile created|Profil angelegt|Perfil creado|Profil créé|Profilo creato|Perfil criado
profile.changed|Profile changed|Profil geändert|Perfil modificado|Profil modifié|Profilo modificato|Perfil alterado
fields.looked_at|Masked fields read in the clear|Verdeckte Felder im Klartext gelesen|Campos ocultos leídos en claro|Champs masqués lus en clair|Campi nascosti letti in chiaro|Campos ocultos lidos em claro
fields.left_out|A booking said fields that could not be kept|Felder einer Buchung nicht übernommen|Campos de una reserva no aceptados|Champs d’une réservation non repris|Campi di una prenotazione non accolti|Campos de uma reserva não aceites
fields.wiped|Fields wiped: their time is over|Felder gelöscht: Aufbewahrung beendet|Campos borrados: fin del plazo|Champs effacés : délai écoulé|Campi cancellati: termine scaduto|Campos apagados: fim do prazo
level.changed|Level changed|Einstufung geändert|Categoría modificada|Catégorie modifiée|Categoria modificata|Categoria alterada
stage.changed|Stage changed|Phase geändert|Fase modificada|Étape modifiée|Fase modificata|Fase alterada
profile.imported|Imported from a file|Aus einer Datei übernommen|Importado de un archivo|Importé d’un fichier|Importato da un file|Importado de um ficheiro
booking.moved|Booking moved to another profile|Buchung einem anderen Profil zugeordnet|Reserva pasada a otro perfil|Réservation passée à un autre profil|Prenotazione passata a un altro profilo|Reserva passada para outro perfil
profile.retired|Found to be one person with another profile|Als dieselbe Person wie ein anderes Profil erkannt|Es la misma persona que otro perfil|Même personne qu’un autre profil|Stessa persona di un altro profilo|É a mesma pessoa que outro perfil
relation.added|Relation added|Beziehung eingetragen|Relación añadida|Lien ajouté|Relazione aggiunta|Relação adicionada
relation.changed|Relation changed|Beziehung geändert|Relación modificada|Lien modifié|Relazione modificata|Relação alterada
relation.removed|Relation removed|Beziehung entfernt|Relación eliminada|Lien supprimé|Relazione rimossa|Relação removida
note.added|Note written|Notiz geschrieben|Nota escrita|Note écrite|Nota scritta|Nota escrita
note.changed|Note changed|Notiz geändert|Nota modificada|Note modifiée|Nota modificata|Nota alterada
note.removed|Note removed|Notiz entfernt|Nota eliminada|Note supprimée|Nota rimossa|Nota removida
task.added|Task set|Aufgabe gestellt|Tarea creada|Tâche créée|Compito assegnato|Tarefa criada
task.changed|Task changed|Aufgabe geändert|Tarea modificada|Tâche modifiée|Compito modificato|Tarefa alterada
task.done|Task done|Aufgabe erledigt|Tarea hecha|Tâche accomplie|Compito svolto|Tarefa concluída
task.reopened|Task taken up again|Aufgabe wieder aufgenommen|Tarea reabierta|Tâche reprise|Compito riaperto|Tarefa reaberta
preference.added|Preference noted|Vorliebe notiert|Preferencia anotada|Préférence notée|Preferenza annotata|Preferência anotada
preference.changed|Preference changed|Vorliebe geändert|Preferencia modificada|Préférence modifiée|Preferenza modificata|Preferência alterada
preference.ended|Preference ended|Vorliebe beendet|Preferencia terminada|Préférence terminée|Preferenza terminata|Preferência terminada
preference.looked_at|Sensitive preferences looked at|Sensible Vorlieben eingesehen|Preferencias sensibles consultadas|Préférences sensibles consultées|Preferenze sensibili consultate|Preferências sensíveis consultadas
verification.started|Code sent to be verified|Code zur Überprüfung gesendet|Código de verificación enviado|Code de vérification envoyé|Codice di verifica inviato|Código de verificação enviado
contact.verified|Address verified by a code|Adresse durch Code bestätigt|Dirección verificada con un código|Adresse vérifiée par un code|Recapito verificato con un codice|Contacto verificado por código
guest.verified|Guest verified|Gast überprüft|Huésped verificado|Client vérifié|Ospite verificato|Hóspede verificado
guest.unverified|Guest not verified any more|Gast nicht mehr überprüft|Huésped ya no verificado|Client plus vérifié|Ospite non più verificato|Hóspede já não verificado
stay|Stay|Aufenthalt|Estancia|Séjour|Soggiorno|Estadia
payment|Payment|Zahlung|Pago|Paiement|Pagamento|Pagamento
charge|Charge|Leistung|Cargo|Débit|Addebito|Débito
message|Message|Nachricht|Mensaje|Message|Messaggio|Mensagem
consent|Consent|Einwilligung|Consentimiento|Consentement|Consenso|Consentimento
points|Points|Punkte|Puntos|Points|Punti|Pontos
change|Change|Änderung|Cambio|Modification|Modifica|Alteração
note|Note|Notiz|Nota|Note|Nota|Nota
task|Task|Aufgabe|Tarea|Tâche|Compito|Tarefa
preference|Preference|Vorliebe|Preferencia|Préférence|Preferenza|Preferência
verification|Verification|Überprüfung|Verificación|Vérification|Verifica|Verificação
move|Booking moved between profiles|Buchung einem anderen Profil zugeordnet|Reserva movida entre perfiles|Réservation déplacée entre profils|Prenotazione spostata tra profili|Reserva movida entre perfis
call.received|Call received|Anruf erhalten|Llamada recibida|Appel reçu|Chiamata ricevuta|Chamada recebida
call.made|Call made|Anruf getätigt|Llamada realizada|Appel passé|Chiamata effettuata|Chamada efetuada
call.missed|Call not answered|Anruf nicht angenommen|Llamada no atendida|Appel sans réponse|Chiamata senza risposta|Chamada não atendida
call|Call|Anruf|Llamada|Appel|Chiamata|Chamada
complaint|Complaint|Beschwerde|Queja|Réclamation|Reclamo|Reclamação
=dates|dates|Daten|fechas|dates|date|datas
=rooms|rooms|Zimmer|habitaciones|chambres|camere|quartos
=price|price|Preis|precio|prix|prezzo|preço
=people|people|Personen|personas|personnes|persone|pessoas
=details|details|Einzelheiten|detalles|détails|dettagli|detalhes
=marketing|marketing|Werbung|publicidad|publicité|marketing|marketing
=survey|surveys|Umfragen|encuestas|enquêtes|sondaggi|inquéritos
=profiling|profiling|Profilbildung|perfilado|profilage|profilazione|definição de perfis
=partner_sharing|sharing with partners|Weitergabe an Partner|cesión a socios|partage avec des partenaires|condivisione con partner|partilha com parceiros
=stay|messages about the stay|Nachrichten zum Aufenthalt|mensajes sobre la estancia|messages sur le séjour|messaggi sul soggiorno|mensagens sobre a estadia
=email|e-mail|E-Mail|correo|e-mail|e-mail|e-mail
=sms|text message|SMS|SMS|SMS|SMS|SMS
=phone|telephone|Telefon|teléfono|téléphone|telefono|telefone
=post|post|Post|correo postal|courrier|posta|correio
=any|every channel|alle Kanäle|todos los canales|tous les canaux|tutti i canali|todos os canais
"""  # noqa: E501
_WORDS: Final = {
    words[0]: dict(zip(LANGUAGES, words[1:], strict=True))
    for words in (row.split("|") for row in _ROWS.strip().split("\n"))
}


def title(kind: str, what: str, changed: Sequence[str], facts: Mapping[str, Any], language: str) -> str:
    """One line in the language, one of `LANGUAGES`; where an event has no words of its own, those of its kind."""
    if what == "booking.changed" and not changed:
        changed = ("details",)
    said = _Said(facts, language)
    said["changed"] = ", ".join(_word(each, language) for each in changed)
    try:
        return _WORDS[kind if kind == "complaint" else what][language].format_map(said)
    except KeyError:  # of an event that somebody else wrote down: what its sentence needs is not there
        return _WORDS[kind][language]


class _Said(dict[str, str]):
    """The facts as they stand in a sentence, each made when it is asked for."""

    def __init__(self, facts: Mapping[str, Any], language: str) -> None:
        super().__init__()
        self._facts, self._language = facts, language

    def __missing__(self, name: str) -> str:
        if name == "stay":
            return f"{self._day('arrival')} – {self._day('departure')}"
        fact = self._facts[name]
        if isinstance(fact, Mapping):
            minor, currency = fact["amount_minor"], fact["currency"]
            return str(format_currency(Decimal(minor).scaleb(-decimals(currency)), currency, locale=self._language))
        if isinstance(fact, int):
            sign = "+" if name == "delta" and fact > 0 else ""
            return sign + str(format_decimal(fact, locale=self._language))
        return _word(str(fact), self._language)

    def _day(self, name: str) -> str:
        return str(format_date(date.fromisoformat(self._facts[name]), "medium", locale=self._language))


def _word(said: str, language: str) -> str:
    """A word of our own in the language; a code stands as it is."""
    return _WORDS.get(f"={said}", {}).get(language, said)
