"""Foyer on one machine: private PostgreSQL and RabbitMQ, and every process under one supervisor."""
